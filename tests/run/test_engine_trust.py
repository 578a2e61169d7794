"""What we ran from our own notebooks is trusted by JupyterLab; what comes from elsewhere is not."""

import sqlite3
from pathlib import Path

import nbformat
import pytest
from made_notebooks import run
from nbformat.sign import NotebookNotary

import privnb
from privnb.run import notebook, trust
from privnb.stages import stages

OWN = Path(privnb.__file__).parent / "_notebooks"


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    """A data folder of the user's, empty."""
    folder = tmp_path / "jupyter"
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(folder))
    monkeypatch.setattr(trust, "_said", False)
    return folder


def trusted(path, folder) -> bool:
    """Whether JupyterLab with that data folder trusts the notebook file."""
    notary = NotebookNotary(data_dir=str(folder))
    try:
        return notary.check_signature(nbformat.read(path, 4))
    finally:
        notary.store.close()


def test_own_notebooks_are_signed_and_foreign_ones_are_not(tmp_path, data_folder, small_spec, monkeypatch):
    outcome = notebook.run_notebook(OWN / "subject.ipynb", tmp_path / "own.ipynb", {"spec": str(small_spec)})
    assert outcome.status == "ok", outcome.reason
    assert trusted(tmp_path / "own.ipynb", data_folder)
    assert run(tmp_path, "b = 2")[0].status == "ok"
    assert not trusted(tmp_path / "out.ipynb", data_folder)
    text = (tmp_path / "own.ipynb").read_text()
    (tmp_path / "own.ipynb").write_text(text.replace("privnb.run", "privnb.walk"))
    assert not trusted(tmp_path / "own.ipynb", data_folder)


def test_which_notebooks_are_own(tmp_path):
    assert trust.is_own(OWN / "start.ipynb")
    assert all(trust.is_own(stage.notebook) for stage in stages().values())
    assert not trust.is_own(tmp_path / "subject.ipynb")
    assert not trust.is_own("s3://bucket/subject.ipynb")


@pytest.mark.parametrize("obstacle", ["folder", "database"])
def test_a_list_that_cannot_be_written_is_said_once(tmp_path, data_folder, caplog, monkeypatch, obstacle):
    if obstacle == "folder":
        data_folder.write_text("a file in its place")
    else:

        class Locked(sqlite3.Connection):
            def execute(self, sql, *args):
                if sql.strip().startswith("INSERT"):
                    raise sqlite3.OperationalError("attempt to write a readonly database")
                return super().execute(sql, *args)

        real = sqlite3.connect
        monkeypatch.setattr("nbformat.sign.sqlite3.connect", lambda *a, **k: real(*a, **{**k, "factory": Locked}))
    nb = nbformat.v4.new_notebook()
    assert not trust.sign(nb) and not trust.sign(nb)
    (said,) = [record.message for record in caplog.records]
    assert said.startswith("notebooks are not marked as trusted: the list of signatures cannot be written (")


def test_a_list_in_memory_only_is_none(data_folder, caplog, monkeypatch):
    real = sqlite3.connect

    def connect(file, **kwargs):
        if file != ":memory:":
            raise sqlite3.OperationalError("disk I/O error")
        return real(file, **kwargs)

    monkeypatch.setattr("nbformat.sign.sqlite3.connect", connect)
    assert not trust.sign(nbformat.v4.new_notebook())
    assert "cannot be written" in caplog.text and len(caplog.records) == 1
