"""Advice, JSON and completion at the command line, as typed."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner

from privnb.cli import main

COMMON = "privnb: 1\ndata: {builtin: breast_cancer, target: diagnosis}\n"
MODEL = "model: {train: {estimator: sklearn.tree.DecisionTreeClassifier}}\n"


def typed(*words):
    return CliRunner().invoke(main, list(map(str, words)))


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "a.privacy.yaml"
    path.write_text(COMMON + MODEL)
    return path


def test_advice_gives_reasons_flips_and_open_questions(spec):
    text = typed("advise", spec).output
    assert "What to assess" in text and "What to protect with" in text and "Nobody has answered" in text
    assert "+  Membership inference\n     Being in the training data may itself tell something about a person." in text
    assert "−  Model inversion\n     No class stands for a person, so its portrait shows nobody.\n" in text
    assert "Differential privacy  (not available yet in this version)" in text
    assert all(line == line.rstrip() and len(line) <= 100 for line in text.splitlines())


def test_answers_change_the_advice(spec):
    text = typed("advise", spec, "--answer", "membership_harms=no", "--answer", "owners=several").output
    assert "−  Membership inference" in text and "+  Federated training" in text
    assert "?  membership_harms" not in text


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("membership_harm=no", "did you mean 'membership_harms'?"),
        ("membership_harms=nope", "use yes or no"),
        ("membership_harms", "--answer is KEY=VALUE"),
    ],
)
def test_a_wrong_answer_is_one_plain_sentence(spec, answer, said):
    done = typed("advise", spec, "--answer", answer)
    assert done.exit_code == 2 and said in done.stderr and "Traceback" not in done.stderr


def test_answers_may_stand_in_the_spec(spec):
    spec.write_text(spec.read_text() + "answers: {membership_harms: no}\n")
    plain = json.loads(typed("advise", spec, "--json").output)
    assert plain["answers"]["membership_harms"] == {"value": "no", "source": "answers.membership_harms"}
    assert "membership" in {found["item"] for found in plain["rejected"]}
    text = typed("plan", spec, "--out", spec.parent / "run").output
    assert "membership: Being in the training data says nothing about a person that could harm them." in text
    spec.write_text(spec.read_text().replace("harms: no", "harms: maybe"))
    done = typed("check", spec)
    assert done.exit_code == 2 and ":4:29: answers.membership_harms is 'maybe'; use yes or no" in done.stderr


def test_mitigations_auto_are_the_advisors_choice_under_stable_ids(spec):
    spec.write_text(spec.read_text() + "mitigations: auto\nrelease: regularize\n")
    assert "valid (1 mitigation" in typed("check", spec).output
    lines = json.loads(typed("explain", spec, "--json").output)
    sources = {line["path"]: line["source"] for line in lines}
    assert sources["mitigations.regularize.id"] == "advisor"
    assert sources["mitigations.regularize.regularize.ensemble.members"] == "advisor"
    stages = {node["id"] for node in json.loads(typed("plan", spec, "--json").output)["stages"]}
    assert {"regularize--regularize", "membership--regularize"} <= stages
    spec.write_text(spec.read_text() + "answers: {overfits: no}\n")
    done = typed("check", spec)
    assert done.exit_code == 2 and ":5:10: release: there is no variant 'regularize'" in done.stderr


def test_open_weights_are_a_red_line_in_advice_and_plan(spec):
    spec.write_text(spec.read_text() + "threat_model: {release: open-weights}\n")
    for command in ("advise", "plan"):
        text = " ".join(typed(command, spec).output.split())
        assert "warning release is open-weights, but the model is not assessed from inside" in text


def test_flowcharts_are_drawn_with_the_path_taken(spec, tmp_path):
    done = typed("advise", spec, "--svg", tmp_path / "advice.svg", "--answer", "classes_are_people=yes")
    assert done.exit_code == 0 and done.output.splitlines()[-1].endswith("advice-tools.svg")
    for name, title in (("advice.svg", "What to assess"), ("advice-tools.svg", "What to protect with")):
        root = ET.fromstring((tmp_path / name).read_text())
        words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        assert root[0].text == title and title in words
        assert any(word.startswith("✓ ") for word in words)
        assert "not chosen here" in words and "path taken" in words
    done = typed("advise", spec, "--svg", tmp_path / "no" / "advice.svg")
    assert done.exit_code == 3 and "cannot be written" in done.stderr


def test_json_on_every_page(spec):
    assert json.loads(typed("check", spec, "--json").output)["valid"] is True
    assert "membership" in json.loads(typed("list", "--json").output)["assessments"]
    assert all(found["well"] for found in json.loads(typed("doctor", "--json").output))
    plan = json.loads(typed("plan", spec, "--json", "--out", spec.parent / "run").output)
    assert plan["stages"][0]["id"] == "subject--baseline" and plan["stages"][0]["kept"] is False
    assert {left["stage"] for left in plan["left_out"]} >= {"reidentification", "comparison"}


def test_json_of_a_wrong_spec_holds_every_problem(spec):
    spec.write_text(spec.read_text().replace("model", "modle") + "seed: x\n")
    done = typed("check", spec, "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 2 and found["valid"] is False
    assert [(problem["line"], problem["column"]) for problem in found["problems"]] == [(3, 1), (4, 7)]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell):
    text = typed("completion", shell).output
    assert "_PRIVNB_COMPLETE" in text and shell in text


def test_completion_offers_commands_and_answers(spec):
    def offered(*words):
        line = " ".join(["privnb", *words])
        done = subprocess.run(
            [sys.executable, "-c", "from privnb.cli import main; main(prog_name='privnb')"], capture_output=True,
            text=True,
            env={**os.environ, "_PRIVNB_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words))},
        )  # fmt: skip
        return done.stdout.split()

    assert "plain,advise" in offered("adv")
    assert "plain,updates=yes" in offered("advise", "x.yaml", "--answer", "upd")


def test_help_has_examples():
    for command in ("check", "advise", "run", "plan", "completion"):
        assert "Examples:\n" in typed(command, "--help").output


def test_no_colour_where_none_is_wanted(spec):
    done = subprocess.run(
        [sys.executable, "-m", "privnb", "advise", str(spec)], capture_output=True, text=True,
        env={**os.environ, "FORCE_COLOR": "1", "NO_COLOR": "1"},
    )  # fmt: skip
    assert done.returncode == 0 and not re.search(r"\x1b\[[0-9;]*3[0-7]", done.stdout)


def test_advice_imports_no_scikit_learn(spec):
    code = (
        "import sys; from privnb.cli import main\n"
        f"try: main(['advise', {str(spec)!r}], standalone_mode=True)\n"
        "finally: print(sorted({'numpy', 'pandas', 'sklearn', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_quiet_and_verbose(small_spec, privnb_command):
    loud = privnb_command("run", small_spec, "--out", "run", "--verbose")
    assert loud.returncode == 0, loud.stderr
    assert "membership--baseline: started" in loud.stderr and " cells" in loud.stderr
    quiet = privnb_command("run", small_spec, "--out", "run", "--quiet")
    assert quiet.returncode == 0 and quiet.stderr == ""
    assert quiet.stdout.splitlines() == ["run/fact-sheet.pdf", "run/fact-sheet.html"]
    assert privnb_command("run", small_spec, "--quiet", "--verbose").returncode == 2
