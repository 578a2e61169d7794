"""Every command and every snippet of the README and the docs does what it says."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()


def _run(words, cwd, code=0):
    if words[0] in ("privnb", "papermill"):
        words = [str(Path(sys.executable).parent / words[0]), *words[1:]]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode in (code if isinstance(code, tuple) else (code,)), done.stderr + done.stdout
    return done


def test_the_shortest_spec_and_its_commands(tmp_path):
    spec = re.search(r"```yaml\n(privnb: 1\n.*?)```", README, re.DOTALL).group(1)
    frame = load_breast_cancer(as_frame=True).frame.rename(columns={"target": "readmitted"})
    frame.sample(400, random_state=0).to_csv(tmp_path / "patients.csv", index=False)
    (tmp_path / "patients.privacy.yaml").write_text(spec)
    commands = re.findall(
        r"^    (privnb (?:check|advise|explain|plan|run|report) .*?)\s*(?:#.*)?$", README, re.MULTILINE
    )
    assert [shlex.split(line)[1] for line in commands] == ["check", "advise", "explain", "plan", "run", "report"]
    for line in commands:
        words = shlex.split(line)
        _run(words + (["--profile", "quick"] if words[1] == "run" else []), tmp_path)
    assert (tmp_path / "reports" / "patients" / "fact-sheet.pdf").read_bytes().startswith(b"%PDF")


def test_the_spec_that_init_writes(tmp_path):
    line = re.search(r"^    (privnb init .*?)\s*(?:#.*)?$", README, re.MULTILINE).group(1)
    load_breast_cancer(as_frame=True).frame.to_csv(tmp_path / "patients.csv", index=False)
    _run([*shlex.split(line), "--yes"], tmp_path)
    assert "valid" in _run(["privnb", "check", "patients.privacy.yaml"], tmp_path).stdout


def test_the_commands_of_the_advisors_page(tmp_path):
    page = (ROOT / "docs" / "advisor.md").read_text()
    frame = load_breast_cancer(as_frame=True).frame.rename(columns={"target": "readmitted"})
    for name in ("patients", "a", "b"):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "model.skops").write_bytes(b"a model")
    answers = re.search(r"```yaml\n(.*?)```", page, re.DOTALL).group(1)
    lines = re.findall(r"^    (privnb .*?)\s*(?:#.*)?$", page, re.MULTILINE)
    lines.sort(key=lambda line: line.split()[1] != "init")
    for line in lines:
        words = shlex.split(line)
        if words[1] == "init" and "--yes" not in words:
            words.append("--yes")
        _run(words, tmp_path)
        spec = tmp_path / "patients.privacy.yaml"
        if spec.exists() and "answers:" not in spec.read_text():
            spec.write_text(spec.read_text() + answers)
    assert (tmp_path / "advice-tools.svg").exists() and len(lines) == 6


def test_a_notebook_runs_alone_by_plain_papermill(tmp_path):
    line = re.search(r"^    (papermill .*)$", README, re.MULTILINE).group(1)
    words = shlex.split(line)
    assert words[1] == "notebooks/membership.ipynb"
    words[1] = str(ROOT / "notebooks" / "utility.ipynb")
    words[words.index("spec") + 1] = str(ROOT / "examples" / "adult.privacy.yaml")
    done = _run(words, tmp_path)
    book = json.loads((tmp_path / "out.ipynb").read_text())
    assert "recorded nowhere" in json.dumps(book), done.stderr
    assert all(cell["metadata"]["papermill"]["status"] == "completed" for cell in book["cells"])


def test_the_python_snippet(tmp_path):
    snippet = re.search(r"```python\n(.*?)```", README, re.DOTALL).group(1)
    done = _run([sys.executable, "-c", snippet], tmp_path)
    assert "rmia" in done.stdout


def test_make_names_every_target_of_the_readme():
    text = _run(["make", "-s", "help"], ROOT).stdout
    for target in ("install", "report", "test", "test-slow", "lint", "bench", "clean"):
        assert re.search(rf"^{target}\s", text, re.MULTILINE), target
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "make test"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_exit_codes_of_the_readme_are_those_of_the_command_line():
    table = dict(re.findall(r"^\| (\d+) \| (.*?) \|$", README, re.MULTILINE))
    assert set(table) == {"0", "1", "2", "3", "130"}


@pytest.mark.parametrize("name", ["spec.md", "spec.schema.json", "advisor-assessments.svg", "advisor-tools.svg"])
def test_generated_pages_are_up_to_date(name):
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from generate import pages
    finally:
        sys.path.remove(str(ROOT / "docs"))
    assert (ROOT / "docs" / name).read_text() == pages()[name], "run: python docs/generate.py"


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.privacy.yaml")), ids=lambda path: path.name)
def test_every_example_is_valid(path, tmp_path):
    assert "valid" in _run(["privnb", "check", str(path)], tmp_path).stdout


def test_every_file_that_the_docs_name_is_there():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for name in re.findall(
            r"(?:docs|privnb|examples|notebooks|templates|tests|benchmarks)/[\w./-]+\.\w+", page.read_text()
        ):
            if "/x." not in name and name != "docs/fact-sheet-page-1.png":
                assert (ROOT / name).exists(), f"{page.name} names {name}"
