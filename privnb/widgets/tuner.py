"""Try a stage with other parameters in a live kernel: its form, both results side by side, the lines for the spec."""

from typing import Any

import ipywidgets as widgets
import pydantic

from privnb.errors import PrivnbError
from privnb.findings import StageResult
from privnb.spec import dump_yaml
from privnb.spec.profiles import profile_of
from privnb.spec.tree import keys_of
from privnb.stages import facts
from privnb.widgets.look import STYLE, box, button, code, html, intro, mark, message, side_by_side
from privnb.widgets.offers import offers_for
from privnb.widgets.sections import SectionInput
from privnb.widgets.spec_lines import spec_values
from privnb.widgets.stage_compare import comparison


class StageTuner(widgets.VBox):
    """A form of an opened stage's parameters. Running it again changes nothing that is recorded.

    `stage` is a `privnb.run.session.StageSession`; its `result` is what is compared with.
    """

    def __init__(self, stage: Any):
        super().__init__()
        self._stage, self._busy = stage, True
        self.result: StageResult | None = None
        self.section = SectionInput(stage.stage.parameters, self._changed, sliders=True)
        self._again = button("Run again", "play")
        self._again.on_click(lambda _: self.again())
        self._said, self._table, self._yaml = html(), html(), html()
        form = box([self.section.widget, side_by_side([self._again, self._said])], flex="3 1 30em", min_width="0")
        lines = box([intro("YAML for the spec"), self._yaml], flex="2 1 20em", min_width="0")
        self.children = [
            html(STYLE),
            widgets.HBox(
                [form, lines], layout=widgets.Layout(flex_flow="row wrap", grid_gap="16px", align_items="flex-start")
            ),
            self._table,
        ]
        self.section.set(stage.params.model_dump(mode="json", by_alias=True))
        self._busy = False
        self._changed()

    @property
    def params(self) -> pydantic.BaseModel:
        """The parameters as the form has them; what is left empty has its default. Raises pydantic.ValidationError."""
        model, profile = self._stage.stage.parameters, self._stage.loaded.spec.profile
        usual = {}
        for key, field in keys_of(model).items():
            found, value = profile_of(field, profile)
            if found:
                usual[key] = value
        return model.model_validate({**usual, **self.section.chosen})

    @property
    def yaml(self) -> str:
        """The lines that put these parameters into the spec. Raises pydantic.ValidationError."""
        return dump_yaml(spec_values(self._stage, self.params))

    def again(self) -> StageResult | None:
        """Run the stage with the form's parameters and show both results; None when it could not, with the reason."""
        self._again.disabled = True
        self._said.value = mark("busy", "▶", "running")
        try:
            params = self.params
            changed = {
                name: getattr(params, name)
                for name in type(params).model_fields
                if getattr(params, name) != getattr(self._stage.params, name)
            }
            if self._stage.status == "pending":
                self._stage.run()
            self.result = self._stage.again(**changed)
        except (PrivnbError, pydantic.ValidationError) as error:
            self._fail(sentence(error))
        except Exception as error:
            self._fail(f"The stage stopped with {type(error).__name__}: {error}")
        else:
            self._said.value = mark("good", "✔", "done")
            self._table.value = comparison(self._stage.result, self.result)
        self._again.disabled = False
        return self.result

    def _fail(self, why: str) -> None:
        self.result = None
        self._said.value, self._table.value = message(why), ""

    def _changed(self) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            loaded = self._stage.loaded
            raw = loaded.spec.model_dump(mode="json", by_alias=True)
            self.section.refresh(offers_for(raw, loaded.base, tuple(facts()), loaded.spec.profile), "")
            self._yaml.value, self._said.value, self._again.disabled = code(self.yaml), "", False
        except pydantic.ValidationError as error:
            self._said.value, self._again.disabled = message(sentence(error)), True
        finally:
            self._busy = False


def sentence(error: Exception) -> str:
    """An error as one sentence; of a validation error every part with its place."""
    if not isinstance(error, pydantic.ValidationError):
        return str(error)
    parts = []
    for found in error.errors(include_url=False):
        place = ".".join(str(step) for step in found["loc"] if isinstance(step, str))
        said = found["msg"].removeprefix("Value error, ")
        parts.append(f"{place}: {said}" if place else said)
    return "; ".join(dict.fromkeys(parts))
