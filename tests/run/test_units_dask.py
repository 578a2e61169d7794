"""Units on a Dask cluster: the same bits as in threads, through deaths of its workers."""

import builtins
import logging
import os
import signal
import threading
import time

import numpy as np
import pytest
from unit_work import most_at_once, notes, numbered, shadow_models, stored_arrays, traced

from privnb.errors import PrivnbError
from privnb.run.store import Store
from privnb.run.tokens import TokenPool
from privnb.run.units import StoredUnits, check_backend, cluster


@pytest.fixture(scope="module")
def workers():
    """Two worker processes and their scheduler on loopback."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        processes=True, n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1",
        silence_logs=logging.CRITICAL,
    ) as cluster:  # fmt: skip
        yield cluster


@pytest.fixture
def backend(workers):
    """`dask:ADDRESS`, when both workers are there (again)."""
    workers.wait_for_workers(2)
    return f"dask:{workers.scheduler_address}"


def _starts(log):
    return [words[1] for words in notes(log) if words[0] == "+"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_shadow_models_have_the_same_bits_as_in_threads(tmp_path, backend):
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    for estimator in (LogisticRegression(max_iter=200), HistGradientBoostingClassifier(max_iter=10)):
        shadow_models(estimator, StoredUnits(Store(tmp_path / "threads"), {}, 2))
        shadow_models(estimator, StoredUnits(Store(tmp_path / "dask"), {}, 2, backend))
    assert len(stored_arrays(tmp_path / "dask")) == 8
    assert stored_arrays(tmp_path / "dask") == stored_arrays(tmp_path / "threads")


def test_a_users_module_travels_by_value(tmp_path, backend, monkeypatch):
    (tmp_path / "my_factory_of_stumps.py").write_text(
        "from sklearn.tree import DecisionTreeClassifier\ndef make():\n    return DecisionTreeClassifier(max_depth=1)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    from privnb.subject.trainers import FactoryTrainer

    trainer = FactoryTrainer("my_factory_of_stumps:make", tmp_path)
    (tmp_path / "my_factory_of_stumps.py").unlink()  # as on another machine, where the file is not
    shadow_models(trainer, StoredUnits(Store(tmp_path / "dask"), {}, 2, backend))
    assert len(stored_arrays(tmp_path / "dask")) == 4


def test_a_worker_killed_in_the_middle_costs_only_what_it_had_in_hand(tmp_path, backend):
    log, count, store = tmp_path / "log", 16, tmp_path / "units"
    kept_at_the_kill, names = [], []

    def kill_one():
        while len(kept_at_the_kill) == 0 and not (store.exists() and len(list(store.glob("*.npz"))) >= 5):
            time.sleep(0.005)
        kept_at_the_kill.extend(names)
        started = [words for words in notes(log) if words[0] == "+"]
        os.kill(int(started[-1][2]), signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    units = StoredUnits(Store(tmp_path), {}, backend=backend, on_unit=lambda done, total, name: names.append(name))
    found = units.map(traced(log, 0.1), numbered(count))
    killer.join()
    assert [result["x"][0] for result in found] == list(range(count))
    assert count <= len(_starts(log)) <= count + 2
    assert len(kept_at_the_kill) >= 4
    assert all(_starts(log).count(name) == 1 for name in kept_at_the_kill), "what was stored is not computed again"
    workers = {words[2] for words in notes(log)}
    assert len(workers) >= 2


def test_a_unit_that_kills_its_worker_is_named_and_all_others_are_kept(tmp_path, backend):
    log = tmp_path / "log"
    units = StoredUnits(Store(tmp_path), {}, backend=backend)
    problem = r"unit shadow-5 killed its worker \d times \(the Dask worker tcp://.*\); 7 of 8 units are kept"
    with pytest.raises(PrivnbError, match=problem):
        units.map(traced(log, kill=("shadow-5",)), numbered(8))
    assert 5 <= _starts(log).count("shadow-5") <= 8
    found = units.map(traced(log), numbered(8))
    assert [result["x"][0] for result in found] == list(range(8))


def test_an_error_is_raised_with_its_kind_and_its_unit(backend):
    def compute(unit):
        raise ValueError("bad")

    with pytest.raises(ValueError, match=r"(?m)^unit shadow-\d: bad$"):
        StoredUnits(None, {}, backend=backend).map(compute, numbered(2))


def test_a_cluster_needs_no_tokens_of_this_machine(tmp_path, backend):
    pool = TokenPool(tmp_path / "tokens", 1)
    with pool.acquire():
        units = StoredUnits(None, {}, jobs=1, backend=backend, tokens=pool)
        units.map(traced(tmp_path / "log", 0.3), numbered(6))
    assert most_at_once(tmp_path / "log") == 2
    assert str(os.getpid()) not in {words[2] for words in notes(tmp_path / "log")}


def test_the_rows_do_not_stay_in_the_clusters_memory(backend):
    rows = np.arange(100_000.0)
    from distributed import Client

    def compute(unit):
        return {"x": rows[:1]}

    def kept():
        from privnb.run.units.work import _loaded

        return len(_loaded)

    StoredUnits(None, {}, backend=backend).map(compute, numbered(4))
    with Client(backend.partition(":")[2], set_as_default=False) as client:
        deadline = time.monotonic() + 30
        while any(client.run(kept).values()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(client.run(kept).values())


def test_a_cluster_that_lost_all_workers_is_named_and_what_ended_is_kept(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "NO_WORKER_S", 1)
    with distributed.LocalCluster(
        processes=True, n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1",
        silence_logs=logging.CRITICAL,
    ) as lonely:  # fmt: skip

        def take_it_away(done, total, name):
            if done == 2:
                lonely.scale(0)

        address = f"dask:{lonely.scheduler_address}"
        units = StoredUnits(Store(tmp_path), {}, backend=address, on_unit=take_it_away)
        with pytest.raises(PrivnbError, match=r"has had no worker for 1 s; what ended is kept"):
            units.map(traced(tmp_path / "log", 0.2), numbered(40))
    kept = len(stored_arrays(tmp_path))
    assert kept >= 2
    again = StoredUnits(Store(tmp_path), {}).map(traced(tmp_path / "rest"), numbered(40))
    assert len(again) == 40 and len(_starts(tmp_path / "rest")) == 40 - kept


def test_a_missing_scheduler_is_named(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "CONNECT_S", 1)
    with pytest.raises(PrivnbError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1 .*dask scheduler"):
        check_backend("dask:tcp://127.0.0.1:1")


@pytest.mark.filterwarnings("ignore:Mismatched versions")
def test_workers_with_other_versions_are_refused(backend, monkeypatch):
    monkeypatch.setattr("distributed.versions._version_cached", lambda package: "0.0.0")
    monkeypatch.setattr(cluster, "_clients", {})
    with pytest.raises(PrivnbError, match=r"has privnb .*; this process has 0\.0\.0.*install the same version there"):
        check_backend(backend)


def test_without_the_extra_the_command_that_installs_it_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **named):
        if name.partition(".")[0] in ("distributed", "dask"):
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(PrivnbError, match=r"extra `scale` .*pip install 'privnb\[scale\]'"):
        check_backend("dask:tcp://127.0.0.1:8786")
