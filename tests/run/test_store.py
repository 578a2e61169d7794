"""The store keeps what was finished, whole or not at all, and treats what is damaged as absent."""

from pathlib import Path

import numpy as np
import pytest

from privnb.errors import FolderError, PrivnbError
from privnb.findings import Finding, StageResult
from privnb.run.folder import RunFolder, write_whole
from privnb.run.store import StageRecord, Store
from privnb.run.units import StoredUnits
from privnb.units import Unit

RECORD = StageRecord(
    "ok",
    "",
    StageResult(findings=[Finding(id="a.b", value=1.0, reason="a count")]),
    {"seconds": 1.5, "peak_memory_bytes": 7},
)


def test_a_stage_comes_back_as_it_was_written(tmp_path):
    store = Store(tmp_path)
    store.write_stage("k", RECORD, {"scores": np.arange(3.0)})
    assert store.has_stage("k")
    assert store.read_stage("k") == RECORD
    assert store.read_stage_arrays("k")["scores"].tolist() == [0.0, 1.0, 2.0]


def test_a_forgotten_or_damaged_stage_is_absent(tmp_path):
    store = Store(tmp_path)
    assert store.read_stage("k") is None
    store.write_stage("k", RECORD, {})
    path = tmp_path / "stages" / "k.json"
    path.write_bytes(path.read_bytes()[:-20])
    assert store.read_stage("k") is None
    store.write_stage("k", RECORD, {})
    store.forget_stage("k")
    assert store.read_stage("k") is None


def test_arrays_that_only_a_pickle_could_hold_are_refused(tmp_path):
    with pytest.raises(PrivnbError, match="'names' of stages/k holds Python objects"):
        Store(tmp_path).write_stage("k", RECORD, {"names": np.array([{"a": 1}], dtype=object)})


def test_a_unit_is_computed_once_and_a_damaged_one_again(tmp_path):
    calls = []

    def compute(unit):
        calls.append(unit.name)
        return {"x": np.array([len(unit.name)])}

    store = Store(tmp_path)
    units = [Unit("one", {"seed": 1}), Unit("three", {"seed": 1})]
    first = StoredUnits(store, {"data": "d"}, jobs=2).map(compute, units)
    again = StoredUnits(store, {"data": "d"}, jobs=1).map(compute, units)
    assert [result["x"].tolist() for result in first] == [result["x"].tolist() for result in again] == [[3], [5]]
    assert sorted(calls) == ["one", "three"]
    damaged = sorted((tmp_path / "units").glob("*.npz"))[0]
    damaged.write_bytes(b"PK\x03\x04 half a file")
    with pytest.warns(RuntimeWarning, match="damaged in the store and computed again"):
        StoredUnits(store, {"data": "d"}, jobs=1).map(compute, units)
    assert len(calls) == 3
    StoredUnits(store, {"data": "other"}, jobs=1).map(compute, units)
    assert len(calls) == 5


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_a_stage_with_one_changed_digit_counts_as_absent(tmp_path, ending):
    store = Store(tmp_path)
    found = Finding(id="membership.auc", value=0.625, low=0.5, high=0.75, n=100)
    record = StageRecord("ok", "", StageResult(findings=[found]), {"seconds": 1.5})
    store.write_stage("k", record, {"scores": np.arange(5.0)})
    assert store.read_stage("k") == record
    assert not store.damaged_stage("k")
    path = tmp_path / f"stages/k.{ending}"
    old, new = (b"0.625", b"0.525") if ending == "json" else (np.float64(3).tobytes(), np.float64(4).tobytes())
    assert path.read_bytes().count(old) == 1
    path.write_bytes(path.read_bytes().replace(old, new))
    assert store.read_stage("k") is None
    assert store.damaged_stage("k")
    assert not store.damaged_stage("another")


def test_a_file_is_replaced_whole_or_left_as_it_was(tmp_path):
    path = tmp_path / "f.json"
    write_whole(path, "old")
    with pytest.raises(TypeError):
        write_whole(path, object())
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["f.json"]


def test_a_folder_that_cannot_be_made_or_written_is_one_plain_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FolderError, match=r"file cannot be written: file exists; what was finished before is kept"):
        RunFolder(tmp_path / "file").create()
    with pytest.raises(FolderError, match=r"results.json cannot be written: file exists"):
        write_whole(tmp_path / "file" / "results.json", "{}")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_named(tmp_path, monkeypatch):
    import os

    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr("privnb.run.folder.tempfile.mkstemp", lambda **_: (full, str(tmp_path / ".half")))
    with pytest.raises(FolderError, match=r"results.json cannot be written: no space left on device"):
        write_whole(tmp_path / "results.json", "{}")
    assert not (tmp_path / "results.json").exists()
