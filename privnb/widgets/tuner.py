"""Try a stage with other parameters in a live kernel: its form, both results side by side, and the lines for the spec."""

from typing import Any

import ipywidgets as widgets
import pydantic

from privnb.errors import PrivnbError
from privnb.findings import Finding, StageResult
from privnb.spec import data_columns, dump_yaml
from privnb.widgets.inputs import UNSET
from privnb.widgets.look import STYLE, box, button, code, html, intro, mark, side_by_side
from privnb.widgets.offers import Offers
from privnb.widgets.sections import SectionInput
from privnb.widgets.spec_lines import spec_lines
from privnb.widgets.stage_compare import comparison
