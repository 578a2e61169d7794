"""The run panel: the run folder is the truth, a run is started, cancelled and found again, verdicts have words."""

import json
import os
import time

import pytest

from privnb.findings import GateVerdict
from privnb.run.folder import RunFolder, write_json
from privnb.run.following import Follower, alive
from privnb.widgets import RunPanel, SpecForm
from privnb.widgets.process import RunProcess
from privnb.widgets.run_tables import stage_table, verdict_table

STAGES = ["subject--baseline", "membership--baseline", "membership--leaf50", "comparison--run"]
DEAD = 2**22 + 1  # above the largest process number that Linux gives


def journal(folder, *events, status="running", pid=None, **more):
    """A run folder whose journal says these things, one second after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "events.jsonl").open("a") as file:
        for second, event in enumerate(events):
            file.write(json.dumps({"time": 1000.0 + second, **event}) + "\n")
    write_json(folder / "state.json", {"status": status, "pid": pid or os.getpid(), **more, "stages": {}})
    return folder


STARTED = {"event": "run_started", "stages": STAGES, "kept": ["subject--baseline"]}
WORKING = {"event": "stage_started", "stage": "membership--baseline"}
FAILED = {"event": "stage_ended", "stage": "membership--baseline", "status": "failed", "reason": "cell 2: <b>no</b>"}


def test_a_running_folder_is_read_line_by_line(tmp_path):
    folder = journal(tmp_path / "run", STARTED, WORKING)
    follower = Follower(folder)
    state = follower.read()
    assert state.status == "running" and state.ended_stages == 1
    assert [row.status for row in state.stages.values()] == ["kept", "running", "pending", "pending"]
    assert state.elapsed(1060.0) == 60.0
    with (folder / "events.jsonl").open("a") as file:
        file.write(json.dumps({"time": 1004.0, **FAILED})[:-20])  # a line that is still being written
        file.flush()
        assert follower.read().stages["membership--baseline"].status == "running"
        file.write(json.dumps({"time": 1004.0, **FAILED})[-20:] + "\n")
    row = follower.read().stages["membership--baseline"]
    assert (row.status, row.seconds, row.reason) == ("failed", 3.0, "cell 2: <b>no</b>")
    assert "Membership on baseline: failed." in follower.state.last


def test_a_run_whose_process_is_gone_is_interrupted_not_running(tmp_path):
    state = Follower(journal(tmp_path / "run", STARTED, WORKING, pid=DEAD)).read()
    assert state.status == "interrupted" and state.stages["membership--baseline"].status == "interrupted"
    assert state.elapsed(5000.0) == 1.0


def test_an_earlier_run_is_left_out_when_a_new_one_starts(tmp_path):
    folder = journal(tmp_path / "run", STARTED, {"event": "run_ended", "exit_code": 0}, status="done")
    assert Follower(folder, only_new=True).read().status == "none"
    assert Follower(folder).read().status == "done"


def test_stage_table_has_words_and_escapes_reasons(tmp_path):
    shown = stage_table(Follower(journal(tmp_path / "run", STARTED, WORKING, FAILED)).read(), now=1010.0)
    for words in ("Membership inference", "kept", "failed", "waits", "leaf50"):
        assert words in shown
    assert "<b>no</b>" not in shown and "&lt;b&gt;" in shown


@pytest.mark.parametrize(
    ("verdict", "icon", "words"),
    [
        ("pass", "✔", "passes"),
        ("fail", "✖", "fails"),
        ("inconclusive", "≈", "inconclusive"),
        ("not_assessed", "?", "not assessed"),
    ],
)
def test_a_verdict_is_a_word_an_icon_and_a_colour(verdict, icon, words):
    known = {} if verdict == "not_assessed" else {"value": 0.034, "low": 0.021, "high": 0.06}
    gate = GateVerdict(
        metric="membership.tpr_at_fpr_1pct", variant="leaf50", limit=0.05, kind="max", use="upper", verdict=verdict,
        unit="proportion", reason="because", **known,
    )  # fmt: skip
    shown = verdict_table([gate])
    assert words in shown and icon in shown and "privnb-mark" in shown and "≤\u202f5%" in shown
    assert ("3.4%" in shown and "2.1 to 6.0%" in shown) == bool(known)


def test_a_finished_folder_is_shown_when_the_panel_opens(small_spec, tmp_path):
    folder = journal(tmp_path / "run", STARTED, FAILED, {"event": "run_ended", "exit_code": 3}, status="done")
    gate = {
        "metric": "utility.accuracy", "variant": "baseline", "limit": 0.5, "kind": "min", "use": "lower",
        "verdict": "pass", "value": 0.9, "low": 0.88, "high": 0.92, "unit": "proportion", "reason": "",
    }  # fmt: skip
    write_json(RunFolder(folder).results, {"gates": [gate]})
    (folder / "fact-sheet.pdf").write_bytes(b"%PDF-")
    panel = RunPanel(small_spec, out=folder)
    assert panel.state.status == "done" and "passes" in panel._verdicts.value
    assert "finished" in panel._status.value and not panel._run.disabled and panel._cancel.disabled
    assert "fact-sheet.pdf" in panel._links.outputs[0]["data"]["text/html"]
    assert "a stage failed" in panel._log.value


def test_a_spec_with_problems_is_refused_with_its_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.privacy.yaml").write_text("privnb: 1\ndata: {builtin: adult}\n")
    panel = RunPanel("bad.privacy.yaml")
    panel.start()
    assert "bad.privacy.yaml:2:1" in panel._log.value and "not started" in panel._status.value
    assert not (tmp_path / "reports").exists()


def test_a_form_is_written_before_it_is_run_and_refused_while_it_has_problems(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    panel = RunPanel(SpecForm("new.privacy.yaml"))
    panel.start()
    assert "needs &#x27;data&#x27;" in panel._log.value
    assert not (tmp_path / "new.privacy.yaml").exists()


def test_what_the_process_says_before_it_has_a_journal_is_shown(small_spec, tmp_path, monkeypatch):
    panel = RunPanel(small_spec, out=tmp_path / "run")
    monkeypatch.setattr(
        "privnb.widgets.run_panel.RunProcess", lambda spec, out: RunProcess(tmp_path / "gone.yaml", out)
    )
    panel.start()
    panel.wait(30)
    assert "gone.yaml:1:1: there is no such file" in panel._log.value


def test_a_run_is_started_found_again_and_cancelled_without_a_process_left(small_spec, tmp_path):
    panel = RunPanel(small_spec, out=tmp_path / "run")
    panel.start()
    until = time.monotonic() + 60
    while "running" not in [row.status for row in panel.state.stages.values()] and time.monotonic() < until:
        time.sleep(0.1)
    assert panel.state.status == "running" and panel._run.disabled
    other = RunPanel(small_spec, out=tmp_path / "run")  # as after a reload: another panel on the same folder
    assert other.state.status == "running" and other.state.pid == panel._process.pid
    other.cancel()
    assert panel.wait(30).status == "cancelled" and other.wait(30).status == "cancelled"
    assert not alive(panel._process.pid)
    assert "cancelled" in panel._status.value and panel._run.description == "Go on"
