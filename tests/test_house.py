"""The rules of the house: layers, docstrings, what a stage consists of, what importing costs."""

import ast
import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {
    "numpy",
    "pandas",
    "sklearn",
    "scipy",
    "matplotlib",
    "weasyprint",
    "papermill",
    "ipywidgets",
    "skops",
    "pyarrow",
}


def _modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def _heavy(modules: set[str]) -> set[str]:
    return HEAVY & {name.partition(".")[0] for name in modules}


def test_a_lower_layer_never_imports_a_higher_one():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_public_thing_has_a_docstring():
    done = subprocess.run(
        [sys.executable, "-m", "interrogate", "-v", "privnb"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_importing_privnb_is_light():
    modules = _modules_after("import privnb") - _modules_after("pass")
    assert len(modules) < 40
    assert not _heavy(modules)


@pytest.mark.parametrize("module", ["privnb.cli", "privnb.stages", "privnb.plan", "privnb.gates", "privnb.catalogue"])
def test_what_the_command_line_reads_first_imports_nothing_heavy(module):
    statement = f"import {module}" + (
        "; import privnb.stages; privnb.stages.stages()" if module == "privnb.stages" else ""
    )
    assert not _heavy(_modules_after(statement))


def test_checking_a_spec_imports_no_scikit_learn():
    modules = _modules_after("from privnb.stages import load_spec; load_spec('examples/adult.privacy.yaml')")
    assert not _heavy(modules)


def _stage_names() -> list[str]:
    from privnb.stages import stages

    return sorted(stages())


@pytest.mark.parametrize("name", _stage_names())
def test_a_stage_has_its_module_notebook_and_section(name):
    from privnb.stages import stages

    stage = stages()[name]
    assert stage.notebook.exists(), f"notebooks/{name}.ipynb is missing"
    assert (ROOT / "templates" / "sections" / f"{name}.html.j2").exists(), (
        f"templates/sections/{name}.html.j2 is missing"
    )
    assert stage.meta.question.endswith("?")
    if stage.meta.kind == "mitigation":
        assert stage.make is not None and stage.describe is not None


@pytest.mark.parametrize("name", _stage_names())
def test_a_notebook_is_thin_and_has_its_stages_parameters(name):
    from privnb.stages import stages

    book = json.loads(stages()[name].notebook.read_text())
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert len(code) <= 10
    assert book["cells"][0]["cell_type"] == "markdown"
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code), "strip the notebook"
    trees = [ast.parse("".join(cell["source"])) for cell in code]
    assert not [node for tree in trees for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    cell = next(cell for cell in code if "parameters" in cell["metadata"].get("tags", []))
    lines = [line for line in "".join(cell["source"]).splitlines() if line.strip()]
    assert all(":" in line and "#" in line for line in lines), "each parameter has an annotation and a comment"
    names = [line.partition(":")[0] for line in lines]
    assert names == ["spec", "variant", "run_dir", *stages()[name].parameters.model_fields]


def test_the_sheet_can_show_every_finding_that_a_gate_may_name():
    from privnb.catalogue import FACTS, QUESTIONS
    from privnb.stages import facts, stages

    shown = {fact.id for fact in FACTS}
    assert set(facts()) <= shown
    for question in QUESTIONS:
        assert stages()[question.stage].meta.kind if question.stage in stages() else question.group != "utility"


def test_papermill_knows_the_engine():
    (point,) = entry_points(group="papermill.engine", name="privnb")
    assert point.value == "privnb.run.engine:PrivnbEngine"


def test_nothing_names_a_machine():
    """No absolute path of a work place, no registry host in what is shipped."""
    import re

    suspicious = re.compile(
        r"(^|[\s\"'(=])/(work|farm|root|home/\w+)/|registry\.npmjs|pypi\.org/simple|files\.pythonhosted"
    )
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    names = tracked.stdout.split() if tracked.returncode == 0 else []
    for name in names:
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".yaml", ".toml", ".j2", ".css", ".ipynb", ".cff"}
            and path.name != "test_house.py"
        ):
            assert not suspicious.search(path.read_text()), name
