"""Stage x fault: whatever breaks a stage, notebook, state, events, exit code and fact sheet say which cell and why."""

import json
import os
import shutil
import signal
import threading
from dataclasses import replace

import nbformat
import pytest

from privnb.api import run_spec
from privnb.plan import build_plan
from privnb.run.folder import RunFolder
from privnb.run.kernels import cool_kernels
from privnb.run.options import RunOptions
from privnb.run.store import Store
from privnb.stages import assessments, load_spec, stages

pytestmark = pytest.mark.xdist_group("faults")

SPEC = """
privnb: 1
name: Faults
profile: quick
seed: 5
model: {train: {estimator: sklearn.tree.DecisionTreeClassifier, params: {min_samples_leaf: 4}}}
data: {builtin: breast_cancer, target: diagnosis, quasi_identifiers: [mean radius], sensitive: [mean area]}
assess: {%s}
mitigations:
  - {id: leaf20, regularize: {params: {min_samples_leaf: 20}}}
report: {formats: [html]}
""" % ", ".join(f"{name}: {{}}" for name in assessments())  # noqa: UP031
_DISK_FULL = "import os, tempfile\ntempfile.mkstemp = lambda **_: (os.open('/dev/full', os.O_WRONLY), '/nonexistent')"
_HOG = "hog = bytearray(900_000_000)\nimport time\ntime.sleep(60)"
_OWN_FAULT = "raise RuntimeError(\"no place for 'Jane Doe', born 61.25\")"

# fault -> (code of the cell, options, status, what the reason says)
FAULTS = {
    "raise": (_OWN_FAULT, {}, "failed", "cell 3: RuntimeError: no place for …, born …"),
    "sigkill": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", {}, "died",
                "the kernel died in cell 3: killed by SIGKILL; peak memory"),
    "sys.exit": ("import sys\nsys.exit(3)", {}, "failed", "cell 3 called sys.exit(3)"),
    "memory": (_HOG, {"max_memory_bytes": 700_000_000}, "died", "limit 0.70 GB"),
    "time": ("import time\ntime.sleep(60)", {"timeout_s": 8.0}, "timed_out", "the stage ran longer than 8 s"),
    "disk": (_DISK_FULL, {}, "failed", "cannot be written: no space left on device"),
}  # fmt: skip
EVERYWHERE = ("raise", "sigkill")
_NAMES = sorted(stages())


@pytest.fixture(scope="module", autouse=True)
def warm():
    """One fork server for all runs of this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("privnb.run.notebook.cool_kernels", lambda: None)
        yield
    cool_kernels()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """A run that nothing broke: its spec and folder."""
    root = tmp_path_factory.mktemp("unbroken")
    (root / "faults.privacy.yaml").write_text(SPEC)
    outcome = run_spec(root / "faults.privacy.yaml", root / "run")
    assert outcome.exit_code == 0, [stage for stage in outcome.results.stages if stage.reason]
    return root


@pytest.fixture
def broken(unbroken, tmp_path, monkeypatch):
    """A copy of the unbroken run in which one stage, unfinished again, has a faulty cell."""

    def make(name, code):
        shutil.copytree(unbroken / "run", tmp_path / "run")
        spec = tmp_path / "faults.privacy.yaml"
        shutil.copy(unbroken / "faults.privacy.yaml", spec)
        plan = build_plan(load_spec(spec))
        nodes = [node for node in plan.nodes if node.stage == name]
        if not nodes:
            pytest.skip(f"{name} has no meaning for this spec")
        store = Store(RunFolder(tmp_path / "run").store)
        for node in (nodes[0], *_dependants(plan, nodes[0].id)):
            store.forget_stage(node.key)
        stage = stages()[name]
        monkeypatch.setitem(stages(), name, replace(stage, notebook=_with_cell(stage.notebook, tmp_path, code)))
        return spec, plan, nodes[0]

    return make


def _with_cell(source, folder, code):
    notebook = nbformat.read(source, 4)
    place = next(i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])) + 1
    notebook.cells.insert(place, nbformat.v4.new_code_cell(code))
    nbformat.write(notebook, folder / source.name)
    return folder / source.name


@pytest.mark.parametrize(
    ("name", "fault"),
    [(name, fault) for name in _NAMES for fault in EVERYWHERE]
    + [("utility", fault) for fault in FAULTS if fault not in EVERYWHERE],
)
def test_a_fault_is_told_everywhere_and_mended_by_the_next_run(unbroken, broken, tmp_path, monkeypatch, name, fault):
    _check(unbroken, broken, tmp_path, monkeypatch, name, fault)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in EVERYWHERE])
@pytest.mark.parametrize("name", _NAMES)
def test_every_fault_in_every_stage(unbroken, broken, tmp_path, monkeypatch, name, fault):
    _check(unbroken, broken, tmp_path, monkeypatch, name, fault)


def _check(unbroken, broken, tmp_path, monkeypatch, name, fault):
    code, options, status, said = FAULTS[fault]
    whole = stages()[name]
    spec, plan, node = broken(name, code)
    folder = RunFolder(tmp_path / "run")
    events_before = len(_events(folder))
    outcome = run_spec(spec, folder.root, options=RunOptions(jobs=1, **options))

    assert outcome.exit_code == 3
    ended = next(s for s in outcome.results.stages if (s.stage, s.variant) == (node.stage, node.variant))
    assert ended.status == status and said in ended.reason
    assert json.loads(folder.state.read_text())["stages"][node.id]["reason"] == ended.reason
    event = [e for e in _events(folder)[events_before:] if e["event"] == "stage_ended" and e["stage"] == node.id][-1]
    assert (event["status"], event["reason"]) == (status, ended.reason)
    notebook = nbformat.read(folder.notebook(node.id), 4)
    assert notebook.metadata.privnb["status"] == status and notebook.metadata.privnb["reason"] == ended.reason
    cells = [cell.metadata.papermill.status for cell in notebook.cells if cell.cell_type == "code"]
    number = notebook.metadata.privnb["cell"]  # parameters, injected parameters, the fault; a full disk is met later
    assert number == 3 or fault == "disk"
    assert cells == ["completed"] * (number - 1) + ["failed"] + ["pending"] * (len(cells) - number)
    sheet = (folder.root / "fact-sheet.html").read_text()
    assert "Jane Doe" not in sheet + json.dumps(outcome.results.model_dump(mode="json"))
    standing_on_it = _dependants(plan, node.id)
    for other in plan.nodes:
        status, reason = _status(outcome, other)
        if other in standing_on_it and other.needs:
            assert status == "skipped" and reason.endswith((f"{node.id} ended as {ended.status}", "ended as skipped"))
        elif other.id != node.id:
            assert status in ("ok", "not_applicable")

    monkeypatch.setitem(stages(), name, whole)
    mended = run_spec(spec, folder.root)
    assert mended.exit_code == 0
    assert set(mended.executed) == {node.id, *(other.id for other in standing_on_it)}
    assert folder.results.read_bytes() == (unbroken / "run" / "results.json").read_bytes()


def test_cancelled_in_the_middle(unbroken, broken, tmp_path, monkeypatch):
    whole = stages()["utility"]
    spec, _, node = broken("utility", "import time\ntime.sleep(60)")
    folder = RunFolder(tmp_path / "run")

    def interrupt(event):
        if event["event"] == "cell" and event["stage"] == node.id and event["done"] == 2:
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        run_spec(spec, folder.root, options=RunOptions(jobs=1), on_event=interrupt)
    state = json.loads(folder.state.read_text())
    assert (state["status"], state["stages"][node.id]["status"]) == ("cancelled", "cancelled")
    assert _events(folder)[-1]["event"] == "run_cancelled"
    notebook = nbformat.read(folder.notebook(node.id), 4)
    assert (notebook.metadata.privnb["status"], notebook.metadata.privnb["cell"]) == ("cancelled", 3)
    monkeypatch.setitem(stages(), "utility", whole)
    assert run_spec(spec, folder.root).exit_code == 0
    assert folder.results.read_bytes() == (unbroken / "run" / "results.json").read_bytes()


def _events(folder):
    return [json.loads(line) for line in folder.events.read_text().splitlines()]


def _status(outcome, node):
    found = next(s for s in outcome.results.stages if (s.stage, s.variant) == (node.stage, node.variant))
    return found.status, found.reason


def _dependants(plan, id):
    """The nodes that stand on the one of that id, near or far, in the plan's order."""
    found = {id}
    nodes = []
    for node in plan.nodes:
        if found & {*node.needs, *node.after}:
            found.add(node.id)
            nodes.append(node)
    return nodes
