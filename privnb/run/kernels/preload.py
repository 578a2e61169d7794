"""What a fork server imports before the first fork, and how it stays a process of one thread while it does."""

import contextlib
import importlib
import io
import logging
import pkgutil
import sys
import warnings
from collections.abc import Callable

# Read by libraries when they are loaded: one thread each, so that none starts a pool that a fork would break.
# jemalloc is pyarrow's: it starts a background thread at import, whatever memory pool pyarrow uses then.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
INLINE = "module://matplotlib_inline.backend_inline"

# A module that is not installed is left out: the notebook that needs it says so itself.
MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "IPython.core.completerlib",
    "pandas",
    "pandas.io.formats.html",
    "pandas.io.formats.string",
    "pyarrow",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "scipy.special",
    "scipy.stats",
    "scipy.optimize",
    "sklearn.calibration",
    "sklearn.compose",
    "sklearn.datasets",
    "sklearn.ensemble",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.naive_bayes",
    "sklearn.neighbors",
    "sklearn.neural_network",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.svm",
    "sklearn.tree",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "joblib",
    "threadpoolctl",
    "skops.io",
    "ipywidgets",
    "email.contentmanager",
    "importlib_metadata",
    "privnb.run.session",
    "privnb.run.display",
    "privnb.run.units",
    "privnb.run.variants",
    "privnb.run.following",
)
# privnb's libraries with all their modules. What imports tenseal has no place here: its contexts hold threads.
PACKAGES = (
    "privnb.attacks",
    "privnb.factors",
    "privnb.figures",
    "privnb.regularization",
    "privnb.stages",
    "privnb.stats",
    "privnb.subject",
    "privnb.widgets",
)


def preload(wanted: Callable[[], bool] = lambda: True) -> None:
    """Import everything and draw one figure, so that fonts are found and caches are filled before the fork.

    Ends early where nobody wants it any more. Not matplotlib's inline backend: it ties itself to the kernel's shell
    when it is first imported.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in (*MODULES, *PACKAGES):
            if not wanted():
                return
            with contextlib.suppress(ModuleNotFoundError):
                module = importlib.import_module(name)
                for part in pkgutil.iter_modules(module.__path__) if name in PACKAGES else ():
                    importlib.import_module(f"{name}.{part.name}")
        importlib.import_module("privnb.stages").stages()  # every stage's own module, third parties' too
        _draw()
    sys.modules.pop("matplotlib_inline.backend_inline", None)


def _draw() -> None:
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(title="a", xlabel="b", ylabel="c")
    axes.plot([0.5, 1.5], [1, 2], label="d")
    axes.legend()
    figure.savefig(io.BytesIO(), format="png")
    logging.getLogger("matplotlib.font_manager").setLevel(logging.NOTSET)
