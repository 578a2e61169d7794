"""The command line, as typed: words, exit codes, and no traceback for a user's mistake."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from privnb.cli import main

BROKEN = """\
from sklearn.tree import DecisionTreeClassifier


class Broken(DecisionTreeClassifier):
    def fit(self, X, y, **more):
        raise RuntimeError('the training cluster is down')


def make():
    return Broken()
"""
COMMANDS = [
    "init", "check", "advise", "explain", "plan", "run", "watch", "cancel", "demo", "report", "list", "doctor",
    "completion",
]  # fmt: skip


def _typed(*words):
    return CliRunner().invoke(main, list(map(str, words)))


def test_help_lists_every_command_in_the_order_of_use():
    text = _typed("--help").output
    assert [line.split()[0] for line in text.partition("Commands:")[2].splitlines() if line.strip()] == COMMANDS
    for command in COMMANDS:
        assert _typed(command, "--help").exit_code == 0


def test_check_says_valid_or_every_mistake(small_spec):
    done = _typed("check", small_spec)
    assert done.exit_code == 0 and "valid (0 mitigations, 1 gate)" in done.output
    small_spec.write_text(small_spec.read_text().replace("model:", "modle:").replace("seed: 3", "seed: three"))
    done = _typed("check", small_spec)
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{small_spec}:4:7: ") and lines[1].startswith(f"{small_spec}:6:1: ")
    assert "did you mean 'model'?" in lines[1]


def test_a_missing_spec_and_a_missing_run_are_one_line_each(tmp_path):
    done = _typed("check", tmp_path / "nothing.yaml")
    assert done.exit_code == 2 and "no such file" in done.stderr and "Traceback" not in done.stderr
    done = _typed("report", tmp_path)
    assert done.exit_code == 2 and "results.json" in done.stderr


def test_a_run_folder_that_cannot_be_made_is_one_line(small_spec, tmp_path):
    (tmp_path / "taken").write_text("a file")
    done = _typed("run", small_spec, "--out", tmp_path / "taken")
    assert done.exit_code == 3 and done.stderr.count("\n") == 1 and "file exists" in done.stderr


def test_explain_names_the_source_of_each_value(small_spec):
    text = _typed("explain", small_spec).output
    lines = {line.split()[0]: line for line in text.splitlines() if line.strip()}
    assert lines["seed"].split()[-1] == "file"
    assert lines["threat_model.access"].split()[-1] == "default"
    small_spec.write_text(
        small_spec.read_text().replace("{methods: [confidence, rmia, lira], shadows: 2, draws: 200}", "{}")
    )
    text = _typed("explain", small_spec, "--profile", "thorough").output
    assert [line.split()[-3:] for line in text.splitlines() if "membership.shadows" in line] == [
        ["64", "profile", "thorough"]
    ]


def test_plan_shows_stages_before_anything_ran(small_spec, tmp_path):
    text = _typed("plan", small_spec, "--out", tmp_path / "run").output
    assert "4 stages, 4 to run" in text
    assert "membership" in text and "to run" in text
    assert not (tmp_path / "run").exists()


def test_list_shows_what_there_is():
    text = _typed("list").output
    for word in ("membership", "regularize", "adult", "diabetes", "Can an attacker tell"):
        assert word in text


def test_doctor_is_well_here():
    done = _typed("doctor")
    assert done.exit_code == 0, done.output
    assert "Pango" in done.output and "missing" not in done.output


def test_run_resumes_and_changes_nothing(small_spec, tmp_path, privnb_command):
    first = privnb_command("run", small_spec, "--out", "run")
    assert first.returncode == 0, first.stderr
    assert "4 stages, 0 kept from before, 4 to run" in first.stderr
    assert "passes       utility.accuracy on baseline" in first.stdout
    assert first.stdout.splitlines()[-2:] == ["run/fact-sheet.pdf", "run/fact-sheet.html"]
    folder = tmp_path / "run"
    kept = {
        name: (folder / name).read_bytes() for name in ("results.json", "run.json", "fact-sheet.pdf", "fact-sheet.html")
    }
    state = json.loads((folder / "state.json").read_text())
    assert state["status"] == "done" and state["exit_code"] == 0
    assert {stage["status"] for stage in state["stages"].values()} == {"ok"}
    events = [json.loads(line)["event"] for line in (folder / "events.jsonl").read_text().splitlines()]
    assert events[0] == "run_started" and events[-1] == "run_ended" and events.count("stage_ended") == 4

    second = privnb_command("run", small_spec, "--out", "run")
    assert second.returncode == 0 and "0 stages executed" in second.stdout
    assert kept == {name: (folder / name).read_bytes() for name in kept}

    elsewhere = privnb_command(
        "run", small_spec, "--out", "again", env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    )
    assert elsewhere.returncode == 0
    assert (tmp_path / "again" / "results.json").read_bytes() == kept["results.json"]

    small_spec.write_text(small_spec.read_text().replace("min: 0.5", "min: 0.999"))
    stricter = privnb_command("run", small_spec, "--out", "run")
    assert stricter.returncode == 1 and "0 stages executed" in stricter.stdout
    assert "fails" in stricter.stdout or "inconclusive" in stricter.stdout
    assert (folder / "fact-sheet.pdf").read_bytes() != kept["fact-sheet.pdf"]


def test_only_runs_a_part_and_the_rest_is_said_to_be_missing(small_spec, tmp_path, privnb_command):
    done = privnb_command("run", small_spec, "--out", "run", "--only", "factors")
    assert done.returncode == 3  # the gate on utility was not assessed
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    statuses = {status["stage"]: status["status"] for status in results["stages"]}
    assert statuses["factors"] == "ok" and statuses["utility"] == "not_requested"
    done = privnb_command("run", small_spec, "--out", "run", "--only", "factor")
    assert done.returncode == 2 and "the plan has no such stage" in done.stderr


def test_a_stage_that_fails_is_told_everywhere(small_spec, tmp_path, privnb_command):
    (tmp_path / "broken.py").write_text(BROKEN)
    text = small_spec.read_text()
    small_spec.write_text(
        text.replace("{train: {estimator: sklearn.tree.DecisionTreeClassifier}}", "{factory: 'broken:make'}")
    )
    done = privnb_command("run", small_spec, "--out", "run")
    assert done.returncode == 3
    assert "the training cluster is down" in done.stdout and "Traceback" not in done.stderr
    folder = tmp_path / "run"
    stages = {status["stage"]: status for status in json.loads((folder / "results.json").read_text())["stages"]}
    assert stages["subject"]["status"] == "failed" and "cell" in stages["subject"]["reason"]
    assert stages["membership"]["status"] == "skipped" and "subject--baseline" in stages["membership"]["reason"]
    assert (folder / "fact-sheet.pdf").exists(), "the sheet is written for exit code 3"
    assert "the training cluster is down" in (folder / "fact-sheet.html").read_text()
    (tmp_path / "broken.py").write_text("from sklearn.tree import DecisionTreeClassifier as make\n")
    mended = privnb_command("run", small_spec, "--out", "run")
    assert mended.returncode == 0, mended.stderr


def test_an_interrupted_run_says_so_leaves_no_kernel_and_goes_on(small_spec, tmp_path, privnb_command):
    process = _start(small_spec, tmp_path)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "run the same command again to go on" in errors and "Traceback" not in errors
    state = json.loads((tmp_path / "run" / "state.json").read_text())
    assert state["status"] == "cancelled"
    assert not _kernels_below(tmp_path)
    done = privnb_command("run", small_spec, "--out", "run")
    assert done.returncode == 0 and ", 0 kept" not in done.stderr


def _kernels_below(folder) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_two_runs_in_one_folder_are_refused_with_the_owner(small_spec, tmp_path):
    from privnb.errors import PrivnbError
    from privnb.run.folder import RunFolder
    from privnb.run.lock import run_lock

    folder = RunFolder(tmp_path / "run").create()
    with run_lock(folder), pytest.raises(PrivnbError, match=f"in use by process {os.getpid()}"), run_lock(folder):
        pass


def _start(small_spec, tmp_path):
    """A run in a process of its own, and its folder once a stage has ended there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "privnb", "run", str(small_spec), "--out", "run", "--jobs", "1"],
        cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    events = tmp_path / "run" / "events.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (events.exists() and '"stage_ended"' in events.read_text()):
        time.sleep(0.05)
    return process


def test_watch_follows_a_run_to_its_end(small_spec, tmp_path, privnb_command):
    process = _start(small_spec, tmp_path)
    watched = privnb_command("watch", "run")
    process.communicate(timeout=120)
    assert watched.returncode == process.returncode == 0, watched.stderr
    assert "4 stages, 0 kept from before, 4 to run" in watched.stderr
    assert watched.stderr.count(": ok in ") == 4
    assert watched.stdout.strip() == "Ended: all gates pass."
    again = privnb_command("watch", "run")
    assert again.returncode == 0 and again.stderr.count(": ok in ") == 4, "a finished run is shown as it was"
    nothing = privnb_command("watch", "elsewhere")
    assert nothing.returncode == 2 and "holds no run" in nothing.stderr


def test_cancel_from_elsewhere_ends_the_run_and_keeps_what_was_finished(small_spec, tmp_path, privnb_command):
    process = _start(small_spec, tmp_path)
    done = privnb_command("cancel", "run")
    assert done.returncode == 0 and f"process {process.pid} was asked to end and did" in done.stdout
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert json.loads((tmp_path / "run" / "state.json").read_text())["status"] == "cancelled"
    assert not _kernels_below(tmp_path)
    watched = privnb_command("watch", "run")
    assert watched.returncode == 130 and "Cancelled" in watched.stdout
    assert "nothing runs in run" in privnb_command("cancel", "run").stdout


def test_several_specs_run_one_after_the_other_and_the_worst_exit_code_counts(small_spec, tmp_path, privnb_command):
    second = tmp_path / "second.privacy.yaml"
    second.write_text(small_spec.read_text().replace("name: Small", "name: Second").replace("min: 0.5", "min: 0.9999"))
    done = privnb_command("run", small_spec, second)
    assert done.returncode == 1, done.stderr
    for name in ("small", "second"):
        assert (tmp_path / "reports" / name / "fact-sheet.pdf").exists()
    assert privnb_command("run", small_spec, second, "--out", "x").returncode == 2
    second.write_text(small_spec.read_text())
    twice = privnb_command("run", small_spec, second)
    assert twice.returncode == 2 and "two specs share the run folder of 'Small'" in twice.stderr


def test_a_comparison_made_without_its_parts_is_made_again(small_spec, tmp_path, privnb_command):
    text = small_spec.read_text()
    small_spec.write_text(text + "mitigations: [{id: leaf9, regularize: {params: {min_samples_leaf: 9}}}]\n")
    part = privnb_command("run", small_spec, "--out", "run", "--only", "comparison")
    assert part.returncode == 3
    whole = privnb_command("run", small_spec, "--out", "run")
    assert whole.returncode == 0, whole.stderr
    clean = privnb_command("run", small_spec, "--out", "clean")
    assert clean.returncode == 0
    assert (tmp_path / "run" / "results.json").read_bytes() == (tmp_path / "clean" / "results.json").read_bytes()


def test_a_sheet_of_other_results_is_written_again(small_spec, tmp_path, privnb_command):
    assert privnb_command("run", small_spec, "--out", "run").returncode == 0
    sheet = tmp_path / "run" / "fact-sheet.html"
    sheet.write_text("an old sheet, left by a run that was killed before it wrote the new one")
    (tmp_path / "run" / "store" / "sheet.json").unlink()
    done = privnb_command("run", small_spec, "--out", "run")
    assert "0 stages executed" in done.stdout and "writing the fact sheet" in done.stderr
    assert "<html" in sheet.read_text()
