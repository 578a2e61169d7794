"""Signs notebooks that we ran from privnb's own, so that JupyterLab shows their pictures and widgets unasked."""

import logging
import sqlite3
import threading
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir
from nbformat import NotebookNode
from nbformat.sign import NotebookNotary, SQLiteSignatureStore

_log = logging.getLogger("privnb.run.trust")
_quiet = logging.getLogger("privnb.run.trust.nbformat")  # its long complaints: `sign` says it in one line
_quiet.setLevel(logging.CRITICAL + 1)
_lock = threading.Lock()
_said = False


def is_own(source: str | Path) -> bool:
    """Whether a notebook is one of privnb's, or belongs to an installed stage."""
    from privnb.stages import stages

    path = Path(source).resolve()
    shipped = Path(__file__).parents[1] / "_notebooks"
    return shipped.resolve() in path.parents or path in {Path(stage.notebook).resolve() for stage in stages().values()}


def sign(notebook: NotebookNode) -> bool:
    """Enter the notebook, as it is now, into the user's list of trusted ones.

    False where that list cannot be written; this is said once and is no failure: JupyterLab then asks.
    """
    global _said
    notary = None
    data = Path(jupyter_data_dir())
    try:
        with _lock:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            store = SQLiteSignatureStore(str(data / "nbsignatures.db"), log=_quiet)
            notary = NotebookNotary(data_dir=str(data), log=_quiet, store_factory=lambda: store)
            notary.sign(notebook)
            if notary.store.db_file == ":memory:":  # where nbformat goes when it cannot write
                raise OSError(f"{data} cannot be written")
        return True
    except (OSError, sqlite3.Error) as error:
        if not _said:
            _said = True
            _log.warning("notebooks are not marked as trusted: the list of signatures cannot be written (%s)", error)
        return False
    finally:
        if notary is not None:
            notary.store.close()
