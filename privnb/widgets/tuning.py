"""What a notebook's tuning cell shows: a form to try other parameters, or a sentence where nobody watches."""

import os
from typing import Any

from privnb.run.words import Sentence


def tune(stage: Any) -> Any:
    """A StageTuner for an opened stage (`privnb.run.open_stage`); in a run without a person, a sentence instead."""
    if not stage.stage.parameters.model_fields:
        return Sentence(f"{stage.stage.meta.title} has no parameters: there is nothing to change here.")
    if os.environ.get("PRIVNB_HEADLESS"):
        return Sentence("Open this notebook in JupyterLab and run it to change the parameters here.")
    from privnb.widgets.tuner import StageTuner

    return StageTuner(stage)
