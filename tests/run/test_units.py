"""Units in threads: kept when they end, bounded by tokens and memory, honest about damage and errors."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from unit_work import most_at_once, note, notes, numbered, traced

from privnb.errors import ModelError, NotApplicable, PrivnbError
from privnb.run.store import Store
from privnb.run.tokens import TokenPool
from privnb.run.units import StoredUnits, check_backend, units_from_environment
from privnb.run.units.shelf import Shelf
from privnb.run.units.work import memory_bytes
from privnb.units import Unit

SETTINGS = ("PRIVNB_JOBS", "PRIVNB_BACKEND", "PRIVNB_TOKENS", "PRIVNB_PROGRESS", "PRIVNB_MAX_MEMORY")
STAGE = """
import os, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from unit_work import numbered, traced
from privnb.run.store import Store
from privnb.run.tokens import TokenPool
from privnb.run.units import units_from_environment

root = Path(sys.argv[1])
pool = TokenPool(os.environ["PRIVNB_TOKENS"]) if "PRIVNB_TOKENS" in os.environ else None
token = pool.acquire() if pool else None
units = units_from_environment(Store(root / "store"), {{"stage": sys.argv[2]}}, sys.argv[2])
if __name__ == "__main__":
    found = units.map(traced(root / "log", float(sys.argv[3])), numbered(12))
    print([result["x"].tolist() for result in found])
"""


@pytest.fixture
def stage(tmp_path):
    """Starts a process that computes twelve units of a stage in `tmp_path`, as a kernel does."""
    script = tmp_path / "stage.py"
    script.write_text(STAGE.format(tests=str(Path(__file__).parent)))
    started = []

    def start(name="membership", seconds=0.03, **settings):
        environment = {key: value for key, value in os.environ.items() if key not in SETTINGS}
        process = subprocess.Popen(
            [sys.executable, str(script), str(tmp_path), name, str(seconds)],
            env=environment | {f"PRIVNB_{key.upper()}": str(value) for key, value in settings.items()},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _finished(folder: Path) -> int:
    return len(list((folder / "store" / "units").glob("*.npz")))


@pytest.mark.parametrize(("backend", "moments"), [("threads", (0, 1, 4, 9)), ("loky", (0, 5))])
def test_a_killed_run_goes_on_and_computes_no_finished_unit_again(stage, tmp_path, backend, moments):
    kept, kills, jobs = 0, 0, 2
    for moment in moments:
        process = stage(jobs=jobs, backend=backend)
        while _finished(tmp_path) < max(kept, moment) or len(notes(tmp_path / "log")) < kills + 1:
            assert process.poll() is None, process.communicate()
            time.sleep(0.003)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills, kept = kills + 1, _finished(tmp_path)
    out, err = stage(jobs=jobs, backend=backend).communicate()
    assert json.loads(out) == [[float(i)] * 3 for i in range(12)], err
    starts = [words[1] for words in notes(tmp_path / "log") if words[0] == "+"]
    assert set(starts) == {f"shadow-{i}" for i in range(12)}
    assert len(starts) <= 12 + kills * jobs
    before = len(notes(tmp_path / "log"))
    assert stage(jobs=jobs, backend=backend).communicate()[0] == out
    assert len(notes(tmp_path / "log")) == before, "a rerun of what is finished computes nothing"


def test_two_stages_share_the_tokens_and_never_exceed_them(stage, tmp_path):
    pool = TokenPool(tmp_path / "tokens", 3)
    both = [stage(name, jobs=3, tokens=pool.folder) for name in ("membership", "attribute")]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert len(json.loads(out)) == 12, err
    assert 2 <= most_at_once(tmp_path / "log") <= 3
    assert [pool.acquire(block=False) is not None for _ in range(4)] == [True, True, True, False]


def test_a_unit_beyond_the_first_needs_a_token_and_gives_it_back(tmp_path):
    pool = TokenPool(tmp_path / "tokens", 2)
    own, other = pool.acquire(), pool.acquire()
    units = StoredUnits(None, {}, jobs=4, tokens=pool)
    units.map(traced(tmp_path / "alone"), numbered(4))
    assert most_at_once(tmp_path / "alone") == 1, "all other tokens are taken"
    other.release()
    units.map(traced(tmp_path / "two"), numbered(8))
    assert most_at_once(tmp_path / "two") == 2
    with pool.acquire(block=False) as back:
        assert back is not None
    turn = []

    def wait_for_turn():
        with pool.acquire(timeout=60) as token:
            turn.append(token and len(notes(tmp_path / "turn")))

    waiter = threading.Thread(target=wait_for_turn)
    compute = traced(tmp_path / "turn")

    def and_start_the_waiter(unit):
        if unit.name == "shadow-2":
            waiter.start()
        return compute(unit)

    units.map(and_start_the_waiter, numbered(40))
    waiter.join()
    assert turn[0] < 80, "another stage has its turn before all units are done"
    own.release()


def test_tokens_come_back_after_an_error(tmp_path):
    pool = TokenPool(tmp_path / "tokens", 2)
    own = pool.acquire()

    def compute(unit):
        raise ValueError("no")

    with pytest.raises(ValueError, match="unit shadow-"):
        StoredUnits(None, {}, jobs=2, tokens=pool).map(compute, numbered(6))
    assert pool.acquire(block=False) is not None
    own.release()


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_is_raised_with_the_units_name_and_what_ran_beside_it_is_kept(tmp_path, jobs):
    beside = threading.Event()

    def compute(unit):
        if unit.name == "shadow-0":
            if jobs == 2:
                beside.wait(60)
            raise ModelError("the probabilities are not finite")
        note(tmp_path / "log", "+", unit.name)
        beside.set()
        time.sleep(0.1)
        return {"x": np.zeros(1)}

    store = Store(tmp_path)
    with pytest.raises(ModelError, match=r"^unit shadow-0: the probabilities are not finite$"):
        StoredUnits(store, {}, jobs=jobs).map(compute, numbered(8))
    assert [words[1] for words in notes(tmp_path / "log")] == ["shadow-1"] * (jobs - 1)
    assert len(list((tmp_path / "units").glob("*.npz"))) == jobs - 1 if jobs == 2 else not (tmp_path / "units").exists()


def test_the_reason_why_a_stage_does_not_apply_is_left_as_it_is():
    def compute(unit):
        raise NotApplicable("the model gives no probabilities")

    with pytest.raises(NotApplicable, match=r"^the model gives no probabilities$"):
        StoredUnits(None, {}, jobs=2).map(compute, numbered(2))


def test_a_damaged_result_is_computed_again_and_said_once(tmp_path):
    store, log = Store(tmp_path), tmp_path / "log"
    StoredUnits(store, {}, jobs=2).map(traced(log), numbered(4))
    for path in sorted((tmp_path / "units").glob("*.npz"))[:2]:
        path.write_bytes(path.read_bytes()[:-40])
    with pytest.warns(RuntimeWarning, match="damaged in the store and computed again: shadow-") as said:
        again = StoredUnits(store, {}, jobs=2).map(traced(log), numbered(4))
    messages = [str(warning.message) for warning in said if warning.category is RuntimeWarning]
    assert len(messages) == 1 and messages[0].count("shadow-") == 2, [str(warning.message) for warning in said]
    assert [result["x"][0] for result in again] == [0, 1, 2, 3]
    assert len(notes(log)) == 2 * (4 + 2)


def test_no_changed_byte_of_a_stored_unit_goes_unseen(tmp_path):
    shelf = Shelf(Store(tmp_path))
    arrays = {"candidates/log_odds": np.arange(5.0), "seen": np.array([True, False])}
    shelf.write("key", arrays)
    path = tmp_path / "units" / "key.npz"
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        found = shelf.read("key")
        assert found is None or all(np.array_equal(found.pop(name), arrays[name]) for name in arrays), place
        assert not found
    path.unlink()
    assert shelf.read("key") is None and not shelf.holds("key")


def test_units_of_the_same_inputs_are_computed_once(tmp_path):
    twice = [Unit("blind", {"i": 3}), Unit("blind", {"i": 3})]
    found = StoredUnits(Store(tmp_path), {}, jobs=2).map(traced(tmp_path / "log"), twice)
    assert len(notes(tmp_path / "log")) == 2
    assert found[0]["x"].tolist() == found[1]["x"].tolist() == [3.0] * 3


def test_a_unit_that_another_process_stored_meanwhile_is_not_computed(tmp_path):
    store, log = Store(tmp_path), tmp_path / "log"
    compute, stored = traced(log), threading.Event()

    def with_a_rival(unit):
        if unit.name == "shadow-0":
            StoredUnits(store, {}).map(compute, numbered(4)[2:])
            stored.set()
        stored.wait(60)
        return compute(unit)

    found = StoredUnits(store, {}, jobs=2).map(with_a_rival, numbered(4))
    assert [result["x"][0] for result in found] == [0, 1, 2, 3]
    assert len(notes(log)) == 2 * 4


def test_memory_bounds_the_units_at_once(tmp_path):
    at_once, most, guard = 0, 0, threading.Lock()

    def compute(unit):
        nonlocal at_once, most
        with guard:
            at_once += 1
            most = max(most, at_once)
        block = np.ones(12_000_000)  # 96 MB
        time.sleep(0.25)
        with guard:
            at_once -= 1
        return {"x": block[:1].copy()}

    for room, expected in ((150_000_000, 1), (2_000_000_000, 2)):
        most = 0
        StoredUnits(None, {}, jobs=2, max_memory_bytes=memory_bytes() + room).map(compute, numbered(3))
        assert most == expected


def test_every_unit_has_one_thread_and_the_limits_are_put_back(tmp_path):
    from threadpoolctl import threadpool_info

    def compute(unit):
        return {"threads": np.array([pool["num_threads"] for pool in threadpool_info()])}

    before = threadpool_info()
    for jobs in (1, 2):
        for found in StoredUnits(None, {}, jobs=jobs).map(compute, numbered(4)):
            assert found["threads"].tolist() == [1] * len(before)
    assert threadpool_info() == before


def test_the_environment_says_how_units_run_and_where_their_progress_goes(tmp_path, monkeypatch):
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    plain = units_from_environment(None, {}, "membership--baseline")
    assert (plain.jobs, plain.backend, plain.tokens, plain.on_unit) == (os.cpu_count(), "threads", None, None)
    TokenPool(tmp_path / "tokens", 3)
    progress = tmp_path / "progress.jsonl"
    for name, value in zip(SETTINGS, ("2", "loky", tmp_path / "tokens", progress, "1000000"), strict=True):
        monkeypatch.setenv(name, str(value))
    given = units_from_environment(Store(tmp_path), {}, "membership--baseline")
    assert (given.jobs, given.backend, given.tokens.size, given.max_memory_bytes) == (2, "loky", 3, 1000000)
    monkeypatch.setenv("PRIVNB_BACKEND", "threads")
    monkeypatch.delenv("PRIVNB_MAX_MEMORY")
    for count in (2, 3):
        units_from_environment(Store(tmp_path), {}, "membership--baseline").map(
            traced(tmp_path / "log"), numbered(count)
        )
    lines = [json.loads(line) for line in progress.read_text().splitlines()]
    assert [(line["done"], line["total"]) for line in lines] == [(1, 2), (2, 2), (1, 3), (2, 3), (3, 3)]
    assert lines[-1] == {"stage": "membership--baseline", "unit": "shadow-2", "done": 3, "total": 3}
    monkeypatch.setenv("PRIVNB_JOBS", "many")
    with pytest.raises(PrivnbError, match="PRIVNB_JOBS is 'many'; it has to be a whole number from 1"):
        units_from_environment(None, {}, "x")


def test_an_unknown_back_end_is_named():
    assert check_backend("threads") == "threads"
    for wrong in ("spark", "dask", "dask:"):
        with pytest.raises(PrivnbError, match=f"no back end {wrong!r}; there are threads, loky and dask:ADDRESS"):
            check_backend(wrong)
