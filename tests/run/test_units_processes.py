"""Units in worker processes: the same bits as in threads, and a worker's death costs only what it had in hand."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from unit_work import notes, numbered, shadow_models, stored_arrays, traced

from privnb.errors import ModelError, PrivnbError
from privnb.run.store import Store
from privnb.run.units import StoredUnits
from privnb.run.units.work import KEPT_JOBS, Done, Job, Needed, answer_remotely

ORPHANS = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from unit_work import numbered, traced
from privnb.run.units import StoredUnits

if __name__ == "__main__":
    StoredUnits(None, {{}}, jobs=2, backend="loky").map(traced(Path(sys.argv[1]), 300.0), numbered(2))
"""


def _estimators():
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    return [
        LogisticRegression(C=10.0, max_iter=200),
        HistGradientBoostingClassifier(max_iter=10),
        MLPClassifier((16,), max_iter=20),
    ]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_shadow_models_have_the_same_bits_one_by_one_in_threads_and_in_processes(tmp_path):
    found = {}
    for name, jobs, backend in (("serial", 1, "threads"), ("threads", 2, "threads"), ("loky", 2, "loky")):
        for estimator in _estimators():
            shadow_models(estimator, StoredUnits(Store(tmp_path / name), {}, jobs, backend))
        found[name] = stored_arrays(tmp_path / name)
    assert len(found["serial"]) == 12
    assert found["threads"] == found["serial"] and found["loky"] == found["serial"]


def test_a_unit_that_kills_its_worker_is_named_and_all_others_are_kept(tmp_path):
    log = tmp_path / "log"
    units = StoredUnits(Store(tmp_path), {}, jobs=2, backend="loky")
    problem = r"unit shadow-5 killed its worker 4 times \(SIGKILL; .*\); 7 of 8 units are kept"
    with pytest.raises(PrivnbError, match=problem):
        units.map(traced(log, 0.05, kill=("shadow-5",)), numbered(8))
    starts = [words[1] for words in notes(log) if words[0] == "+"]
    assert starts.count("shadow-5") == 4
    ended = [words[1] for words in notes(log) if words[0] == "-"]
    assert sorted(set(ended)) == [f"shadow-{i}" for i in range(8) if i != 5]
    assert len(starts) <= 8 + 2 * 4, "a death costs no more than what was in hand"
    found = units.map(traced(log), numbered(8))
    assert [result["x"][0] for result in found] == list(range(8))
    assert [words[1] for words in notes(log)[-2:]] == ["shadow-5"] * 2


def test_a_worker_that_is_killed_once_is_not_noticed_by_the_caller(tmp_path):
    log = tmp_path / "log"
    compute = traced(log, 0.05, kill=("shadow-2",), before=tmp_path)
    found = StoredUnits(Store(tmp_path), {}, jobs=2, backend="loky").map(compute, numbered(6))
    assert [result["x"][0] for result in found] == list(range(6))
    assert len([1 for words in notes(log) if words[0] == "+"]) <= 6 + 2


def test_an_error_in_a_worker_comes_with_its_kind_its_unit_and_the_workers_traceback():
    def compute(unit):
        raise ModelError("the fit did not converge")

    with pytest.raises(ModelError, match=r"(?m)^unit shadow-\d: the fit did not converge$") as raised:
        StoredUnits(None, {}, jobs=2, backend="loky").map(compute, numbered(2))
    assert "in compute" in raised.value.__notes__[0]

    class Untransportable(Exception):
        def __init__(self, one, two):
            super().__init__(one)

    def other(unit):
        raise Untransportable("what happened", "more")

    with pytest.raises(PrivnbError, match=r"unit shadow-\d: Untransportable: what happened"):
        StoredUnits(None, {}, jobs=2, backend="loky").map(other, numbered(2))


def test_what_cannot_travel_is_said_before_anything_starts():
    guard = threading.Lock()

    def compute(unit):
        with guard:
            return {"x": np.zeros(1)}

    with pytest.raises(PrivnbError, match=r"cannot travel to other processes .*; use the back end threads"):
        StoredUnits(None, {}, jobs=2, backend="loky").map(compute, numbered(2))


def test_a_users_module_beside_the_spec_is_found_by_the_workers(tmp_path, monkeypatch):
    (tmp_path / "my_factory_of_trees.py").write_text(
        "from sklearn.tree import DecisionTreeClassifier\ndef make():\n    return DecisionTreeClassifier(max_depth=3)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    from privnb.subject.trainers import FactoryTrainer

    trainer = FactoryTrainer("my_factory_of_trees:make", tmp_path)
    for name, backend in (("threads", "threads"), ("loky", "loky")):
        shadow_models(trainer, StoredUnits(Store(tmp_path / name), {}, 2, backend))
    assert stored_arrays(tmp_path / "loky") == stored_arrays(tmp_path / "threads")
    assert len(stored_arrays(tmp_path / "loky")) == 4


def test_the_rows_travel_once_and_a_worker_keeps_few_jobs():
    rows = np.arange(1000.0)
    job = Job.of(lambda unit: {"sum": rows.sum() + unit.inputs["i"]})
    assert len(job.content) > rows.nbytes
    (unit,) = numbered(1)
    assert isinstance(answer_remotely(job.digest, None, unit), Needed)
    assert isinstance(answer_remotely(job.digest, job, unit), Done)
    assert float(answer_remotely(job.digest, None, unit).arrays["sum"]) == rows.sum()
    for extra in range(KEPT_JOBS):
        later = Job.of(lambda unit, extra=extra: {"x": np.array(extra)})
        answer_remotely(later.digest, later, unit)
    assert isinstance(answer_remotely(job.digest, None, unit), Needed)


def test_every_unit_in_a_process_has_one_thread():
    def compute(unit):
        import sklearn.ensemble  # noqa: F401
        from threadpoolctl import threadpool_info

        return {"threads": np.array([pool["num_threads"] for pool in threadpool_info()])}

    for found in StoredUnits(None, {}, jobs=2, backend="loky").map(compute, numbered(4)):
        assert set(found["threads"].tolist()) == {1}


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def _await_end(pids: list[int]) -> None:
    deadline = time.monotonic() + 60
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(_alive(pid) for pid in pids)


def test_an_interrupt_stops_the_workers_and_keeps_what_ended(tmp_path):
    log = tmp_path / "log"

    def interrupt(done, total, name):
        raise KeyboardInterrupt

    def compute(unit):
        slow = traced(log, 300.0 if unit.name == "shadow-1" else 0.05)
        return slow(unit)

    with pytest.raises(KeyboardInterrupt):
        StoredUnits(Store(tmp_path), {}, jobs=2, backend="loky", on_unit=interrupt).map(compute, numbered(6))
    assert len(stored_arrays(tmp_path)) == 1
    _await_end([int(words[2]) for words in notes(log)])


def test_no_worker_outlives_a_killed_parent(tmp_path):
    script, log = tmp_path / "stage.py", tmp_path / "log"
    script.write_text(ORPHANS.format(tests=str(Path(__file__).parent)))
    parent = subprocess.Popen([sys.executable, str(script), str(log)])
    while len(notes(log)) < 2:
        assert parent.poll() is None
        time.sleep(0.02)
    workers = [int(words[2]) for words in notes(log)]
    assert parent.pid not in workers and all(_alive(pid) for pid in workers)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    _await_end(workers)  # they sleep for 300 s and were to end with their parent
