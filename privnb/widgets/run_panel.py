"""Runs a spec from a notebook and shows how it goes, from the run folder: closing the notebook loses nothing."""

import threading
import time
from html import escape
from pathlib import Path
from urllib.parse import quote

import ipywidgets as widgets

from privnb.errors import PrivnbError
from privnb.findings import GateVerdict
from privnb.run.execute import run_folder
from privnb.run.folder import RunFolder, read_json
from privnb.run.following import Follower, RunState
from privnb.run.stopping import stop
from privnb.stages import load_spec
from privnb.widgets.look import STYLE, box, button, html, mark, message, side_by_side
from privnb.widgets.process import RunProcess
from privnb.widgets.run_tables import stage_table, verdict_table
from privnb.widgets.spec_files import where
from privnb.widgets.spec_form import SpecForm

TICK_S = 0.25
_STATES = {
    "none": ("quiet", "○", "not run yet"),
    "starting": ("busy", "▶", "starting"),
    "running": ("busy", "▶", "running"),
    "done": ("quiet", "✔", "finished"),
    "cancelled": ("unsure", "■", "cancelled"),
    "interrupted": ("unsure", "■", "interrupted"),
    "refused": ("bad", "✖", "not started"),
}
_VERBS = {"done": "Run again", "cancelled": "Go on", "interrupted": "Go on"}


class RunPanel(widgets.VBox):
    """Run, follow and cancel a spec, and see its verdicts.

    `spec` is a path, the name of an embedded example, or a SpecForm (which is written to its file first). `out` is
    the run folder (default `reports/<slug of the spec's name>`). A run that goes on or ended there is shown at once.
    """

    def __init__(self, spec: str | Path | SpecForm, out: str | Path | None = None):
        super().__init__()
        self._spec, self._out = spec, out
        self._process: RunProcess | None = None
        self._follower: Follower | None = None
        self._watcher: threading.Thread | None = None
        self._refusal = ""
        self._shown_end: tuple | None = None
        self._build()
        self.reopen()

    @property
    def state(self) -> RunState:
        """How the run stands, as its folder says."""
        return self._follower.state if self._follower else RunState()

    @property
    def folder(self) -> Path | None:
        """The run folder, once it is known."""
        return self._follower.folder.root if self._follower else None

    def reopen(self) -> None:
        """Show what the run folder says now; follow the run if one is going on."""
        try:
            folder = self._folder()
        except PrivnbError as error:
            self._refuse(str(error))
            return
        self._follower = Follower(folder)
        self._follower.read()
        self._draw()
        if self.state.status == "running":
            self._watch()

    def start(self) -> None:
        """Start the run, or go on with what is not finished. What is wrong with the spec is shown, not raised."""
        if self._going_on():
            return
        self._refusal = ""
        try:
            spec, folder = self._written(), self._folder()
        except (PrivnbError, OSError) as error:
            self._refuse(str(error))
            return
        self._follower = Follower(folder, only_new=True)
        self._process = RunProcess(spec, folder)
        self._watch()

    def cancel(self) -> None:
        """Ask the run to end: SIGTERM to its process group, after ten seconds SIGKILL. Finished stages are kept."""
        pid = self._process.pid if self._going_on() and self._process else self.state.pid
        if pid and self._going_on():
            self._log.value = _line("Cancelling.")
            threading.Thread(target=stop, args=(pid,), daemon=True).start()

    def wait(self, timeout_s: float | None = None) -> RunState:
        """Wait until the run ends, at most `timeout_s`; returns the state."""
        if self._watcher:
            self._watcher.join(timeout_s)
        return self.state

    def _folder(self) -> Path:
        if self._out is not None:
            return Path(self._out)
        if isinstance(self._spec, SpecForm):
            name = self._spec.values.get("name") or (self._spec.path or Path("assessment")).name.partition(".")[0]
            return run_folder(str(name), None).root
        return run_folder(load_spec(where(self._spec)[0]).spec.name, None).root

    def _written(self) -> Path:
        """The file of the spec; a form writes it first."""
        if isinstance(self._spec, SpecForm):
            return self._spec.write()
        found = where(self._spec)[0]
        load_spec(found)
        return found

    def _going_on(self) -> bool:
        if self._process is not None and self._process.exit_code is None:
            return True
        return self.state.status == "running"

    def _refuse(self, why: str) -> None:
        self._refusal = why
        self._draw()

    def _build(self) -> None:
        self._run, self._cancel = button("Run", "play"), button("Cancel", "stop")
        self._run.layout.width = "8em"
        self._run.button_style = "primary"
        self._run.on_click(lambda _: self.start())
        self._cancel.on_click(lambda _: self.cancel())
        self._status = html()
        self._bar = widgets.IntProgress(
            description="Progress",
            style={"description_width": "5.5em"},
            layout=widgets.Layout(width="24em", margin="0"),
        )
        self._count, self._log, self._verdicts, self._stages = html(), html(), html(), html()
        self._links = widgets.Output()
        self.children = [
            html(STYLE),
            side_by_side([self._run, self._cancel, self._status]),
            side_by_side([self._bar, self._count]),
            self._log,
            box([self._verdicts, self._links], margin="6px 0"),
            self._stages,
        ]

    def _watch(self) -> None:
        if self._watcher is None or not self._watcher.is_alive():
            self._watcher = threading.Thread(target=self._follow, name="privnb run panel", daemon=True)
            self._watcher.start()

    def _follow(self) -> None:
        """Until the run ends: read what is new, and show it."""
        while True:
            ended = not self._going_on()
            self._follower.read()
            if ended and self._process is not None and self.state.status not in ("done", "cancelled"):
                self._refusal = self._process.complaint()
            self._draw()
            if ended and self.state.status != "running":
                return
            time.sleep(TICK_S)

    def _draw(self) -> None:
        state, now = self.state, time.time()
        going_on = self._going_on()
        status = "refused" if self._refusal and not state.stages else state.status
        status = "starting" if going_on and status == "none" else status
        self._run.disabled, self._cancel.disabled = going_on, not going_on
        self._run.description = _VERBS.get(state.status, "Run")
        folder = f'<span class="privnb-help">Run folder {escape(str(self.folder))}</span>' if self.folder else ""
        self._status.value = f'<span role="status">{mark(*_STATES[status])}</span> {folder}'
        self._bar.max, self._bar.value = max(1, len(state.stages)), state.ended_stages
        elapsed = state.elapsed(now)
        clock = f", {elapsed // 60:.0f} min {elapsed % 60:02.0f} s" if elapsed is not None else ""
        self._count.value = f"{state.ended_stages} of {len(state.stages)} stages{clock}" if state.stages else ""
        self._log.value = message(self._refusal) if self._refusal else _line(state.last)
        self._stages.value = stage_table(state, now)
        self._draw_end(state)

    def _draw_end(self, state: RunState) -> None:
        """Verdicts and documents of a finished run; nothing while it runs."""
        end = (state.status, state.ended)
        if end == self._shown_end:
            return
        self._shown_end = end
        results = read_json(self._follower.folder.results) if self._follower and state.status == "done" else None
        if results is None:
            self._verdicts.value, self._links.outputs = "", ()
            return
        self._verdicts.value = verdict_table([GateVerdict.model_validate(found) for found in results["gates"]])
        self._links.outputs = _documents(self._follower.folder)


def _documents(folder: RunFolder) -> tuple[dict, ...]:
    """Links to the fact sheet as a notebook output: there, JupyterLab resolves paths relative to the notebook."""
    found = [path for path in (folder.root / "fact-sheet.pdf", folder.root / "fact-sheet.html") if path.exists()]
    if not found:
        return ()
    links = [f'<a href="{quote(path.as_posix())}" target="_blank">{path.name}</a>' for path in found]
    data = {"text/html": f"Fact sheet: {' · '.join(links)}", "text/plain": "\n".join(map(str, found))}
    return ({"output_type": "display_data", "data": data, "metadata": {}},)


def _line(text: str) -> str:
    return f'<div class="privnb-help" role="log">{escape(text)}</div>'
