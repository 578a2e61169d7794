"""A form for a whole spec: sections to fill in on the left, the YAML that comes of it and its problems on the right."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets
from pydantic.fields import FieldInfo

from privnb.errors import PrivnbError, Problem, SpecError
from privnb.run.folder import write_whole
from privnb.spec import dump_yaml, spec_model, spec_problems
from privnb.spec.later import PLACES
from privnb.stages import assessments, chosen_mitigations, facts, mitigations, stages
from privnb.widgets.inputs import UNSET
from privnb.widgets.look import STYLE, box, button, html, intro, labelled, mark, numbered
from privnb.widgets.offers import offers_for
from privnb.widgets.sections import SectionInput
from privnb.widgets.shapes import default_of, label_of
from privnb.widgets.spec_files import ENDING, read_values, where

_SUMMARY = 46  # characters of a closed section's title


class SpecForm(widgets.VBox):
    """Fill in a privacy spec.

    `path` is a spec to edit, a file still to be made, or the name of an embedded example (`adult`); without it the form
    starts empty. Only what was chosen is written; everything else has the default that the form shows. Raises SpecError
    when the file is no YAML.
    """

    def __init__(self, path: str | Path | None = None):
        super().__init__()
        self._stages = assessments(), mitigations(), facts()
        self._always = [name for name, stage in stages().items() if stage.meta.always]
        self._busy = True
        self._problems: list[Problem] = []
        self._ours: str | None = None  # what this form read from or wrote to its file
        self.section = SectionInput(spec_model(*self._stages[:2]), self._changed, hidden=PLACES)
        self._file = widgets.Text(description="File", placeholder=f"name{ENDING}", **labelled())
        self._file.layout.width = "26em"
        self._said = html(flex="1 1 0")
        self._yaml, self._verdict = html(), html()
        self.children = [html(STYLE), self._head(), self._columns()]
        self._busy = False
        found, target = where(path)
        if found is not None and found.exists():
            self.load(found, target)
        else:
            self.path = target
            self._changed()

    @property
    def values(self) -> dict[str, Any]:
        """What was chosen, as plain values in the order of the spec."""
        return self.section.chosen

    @property
    def yaml(self) -> str:
        """The spec as YAML text."""
        return dump_yaml(self.values)

    @property
    def problems(self) -> list[str]:
        """What `privnb check` would say about it, located as `file:line:column: message`; empty when it is valid."""
        return [problem.located(self._name) for problem in self._problems]

    @property
    def path(self) -> Path | None:
        """The file that the form writes to, or None while it has none."""
        return Path(self._file.value.strip()) if self._file.value.strip() else None

    @path.setter
    def path(self, path: str | Path | None) -> None:
        """Name the file that `write` writes."""
        self._file.value = "" if path is None else str(path)

    def load(self, path: str | Path, target: Path | None = None) -> None:
        """Show an existing spec; `target` is the file to write (default: the same). SpecError when it is no YAML."""
        values, text = read_values(Path(path))
        self._busy = True
        try:
            self.section.set(values)
            self.path = target or path
        finally:
            self._busy = False
        self._ours = text if target is None or Path(target) == Path(path) else None
        self._changed()
        remark = " Comments in it are not carried over when the form writes." if "#" in text else ""
        self._say(f"Opened {Path(path).name}.{remark}")

    def write(self, path: str | Path | None = None) -> Path:
        """Write the spec, whole or not at all; returns the file.

        Without `path` the form's own file is written, unless something else stands in it that the form neither read nor
        wrote (PrivnbError). Raises SpecError with every located problem when the spec is not valid.
        """
        target = Path(path) if path is not None else self.path
        if target is None:
            raise PrivnbError(f"the form has no file yet; give a name that ends in {ENDING}")
        problems = self._check(target)
        if problems:
            raise SpecError(target.name, problems)
        text = self.yaml
        if path is None and target.exists() and target.read_text(encoding="utf-8") not in (text, self._ours):
            raise PrivnbError(
                f"{target} exists already and is another spec; "
                f"open it with SpecForm({str(target)!r}), or give another file name"
            )
        write_whole(target, text)
        self.path, self._ours = target, text
        return target

    @property
    def _name(self) -> str:
        return self.path.name if self.path else f"spec{ENDING}"

    def _check(self, target: Path | None) -> list[Problem]:
        base = target.parent if target else Path()
        name = target.name if target else self._name
        return spec_problems(self.yaml, name, base, *self._stages, always=self._always, advisor=chosen_mitigations)

    def _changed(self) -> None:
        """After every change: text, problems, titles, and what each input offers."""
        if self._busy:
            return
        self._busy = True
        try:
            values = self.values
            base = self.path.parent if self.path else Path()
            profile = values.get("profile") or self.section.fields["profile"].default
            self.section.refresh(offers_for(values, base, tuple(self._stages[2]), profile), "")
            self._problems = self._check(self.path)
            self._yaml.value = numbered(self.yaml, {problem.line for problem in self._problems})
            self._verdict.value = _verdict(self._problems)
            self._accordion.titles = self._titles(values)
            self._say("")
        finally:
            self._busy = False

    def _titles(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        general = {
            key: value for key, value in values.items() if key not in self._sections and key in self.section.inputs
        }
        summaries = {"general": general, **{key: values.get(key) for key in self._sections}}
        return tuple(_title(label_of(key), value) for key, value in summaries.items())

    def _head(self) -> widgets.HBox:
        write = button("Write file", "save")
        write.on_click(lambda _: self._write_clicked())
        self._file.observe(lambda _: self._changed(), "value")
        return widgets.HBox(
            [self._file, write, self._said],
            layout=widgets.Layout(align_items="center", grid_gap="12px", margin="0 0 8px 0"),
        )

    def _columns(self) -> widgets.HBox:
        inputs, fields = self.section.inputs, self.section.fields
        self._sections = [key for key, item in inputs.items() if not hasattr(item, "control")]
        general = box(item.widget for key, item in inputs.items() if key not in self._sections)
        parts = [box([intro(_about(fields[key])), inputs[key].widget]) for key in self._sections]
        self._accordion = widgets.Accordion(children=[general, *parts], selected_index=0)
        left = box([self._accordion], flex="3 1 34em", min_width="0")
        right = box([self._yaml, self._verdict], flex="2 1 22em", min_width="0")
        return widgets.HBox(
            [left, right], layout=widgets.Layout(flex_flow="row wrap", grid_gap="16px", align_items="flex-start")
        )

    def _write_clicked(self) -> None:
        try:
            self._say(f"Wrote {self.write()}.")
        except SpecError as error:
            count = len(error.problems)
            self._say(f"Not written: {'one problem' if count == 1 else f'{count} problems'} to mend first.", wrong=True)
        except (PrivnbError, OSError) as error:
            self._say(f"Not written: {error}", wrong=True)

    def _say(self, text: str, wrong: bool = False) -> None:
        sign = mark("bad", "✖", "refused") + " " if wrong else ""
        self._said.value = f'<div class="privnb-help" role="status">{sign}{escape(text)}</div>' if text else ""


def _about(field: FieldInfo) -> str:
    """What a section is for, and the word that holds when nothing in it is chosen."""
    default = default_of(field)
    return f"{field.description or ''}{f' (default: {default})' if isinstance(default, str) else ''}"


def _verdict(problems: list[Problem]) -> str:
    """Whether the spec can be run, and each problem with its place in the text above."""
    if not problems:
        return f'<div role="status" style="margin-top:8px">{mark("good", "✔", "valid")} This spec can be run.</div>'
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    items = "".join(
        f"<div><b>line {problem.line}, column {problem.column}</b> {escape(problem.message)}</div>"
        for problem in problems
    )
    words = f'{mark("bad", "✖", count)}<div class="privnb-problems">{items}</div>'
    return f'<div role="status" style="margin-top:8px">{words}</div>'


def _title(label: str, value: Any) -> str:
    """A section's name with what was chosen in it, shortened."""
    words = ", ".join(_words(value)) if value is not None and value is not UNSET else ""
    if len(words) > _SUMMARY:
        words = words[: _SUMMARY - 1].rstrip(" ,") + "…"
    return f"{label}: {words}" if words else label


def _words(value: Any) -> list[str]:
    """The names in a value: ids and metrics of a list of sections, else every value in it."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [str(item.get("id") or item.get("metric") or "…") for item in value]
    if isinstance(value, dict):
        return [word for key, item in value.items() for word in (_words(item) or [str(key)])]
    if isinstance(value, list):
        return [word for item in value for word in _words(item)]
    return [str(value)]
