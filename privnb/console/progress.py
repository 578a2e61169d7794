"""Live progress of a run: a table that follows the events on a terminal, one plain line an event elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Event = Callable[[dict], None]
_MARKS = {
    "ok": ("done", "green"),
    "kept": ("kept", "dim"),
    "running": ("running", "cyan"),
    "pending": ("waits", "dim"),
    "cancelled": ("cancelled", "yellow"),
    "not_applicable": ("n/a", "dim"),
    "skipped": ("skipped", "yellow"),
}


@contextmanager
def progress_display(quiet: bool = False, verbose: bool = False) -> Iterator[Event]:
    """Yields the function that takes the run's events: nothing is shown when `quiet`, lines even on a terminal and
    for each cell and unit when `verbose`."""
    if quiet:
        yield lambda event: None
    elif verbose:
        yield _plain_lines(verbose=True)
    elif sys.stderr.isatty():
        with _live_table() as on_event:
            yield on_event
    else:
        yield _plain_lines()


def _plain_lines(verbose: bool = False) -> Event:
    started: dict[str, float] = {}

    def on_event(event: dict) -> None:
        kind = event["event"]
        if kind == "run_started":
            kept, all_ = len(event["kept"]), len(event["stages"])
            click.echo(f"{all_} stages, {kept} kept from before, {all_ - kept} to run", err=True)
        elif kind == "damaged":
            click.echo(f"damaged in the store and computed again: {', '.join(event['stages'])}", err=True)
        elif kind == "stage_started":
            started[event["stage"]] = event["time"]
            if verbose:
                click.echo(f"{event['stage']}: started", err=True)
        elif kind in ("cell", "units") and verbose:
            word = "cells" if kind == "cell" else "units"
            click.echo(f"{event['stage']}: {event['done']} of {event['total']} {word}", err=True)
        elif kind == "stage_ended":
            click.echo(_ended_line(event, started), err=True)
        elif kind == "report_started":
            click.echo("writing the fact sheet", err=True)

    return on_event


def _ended_line(event: dict, started: dict[str, float]) -> str:
    seconds = f" in {event['time'] - started[event['stage']]:.1f} s" if event["stage"] in started else ""
    word = event["status"].replace("_", " ")
    return f"{event['stage']}: {word}{seconds}" + (f" ({event['reason']})" if event["reason"] else "")


@contextmanager
def _live_table() -> Iterator[Event]:
    from rich.console import Console
    from rich.live import Live

    screen = _Screen()
    with Live(screen, console=Console(stderr=True), refresh_per_second=4):
        yield screen.take


class _Screen:
    """The stage table, drawn anew from the events that it was given."""

    def __init__(self):
        self._rows: dict[str, dict] = {}
        self._note = ""
        self._eta: tuple[float, float] | None = None  # when it was said, seconds from then

    def take(self, event: dict) -> None:
        """Keep what an event says."""
        kind, stage = event["event"], event.get("stage")
        if kind == "run_started":
            self._rows = {id: {"status": "kept" if id in event["kept"] else "pending"} for id in event["stages"]}
        elif kind == "stage_started":
            self._rows[stage] = {"status": "running", "started": event["time"]}
        elif kind in ("cell", "units"):
            self._rows[stage][kind] = (event["done"], event["total"])
        elif kind == "stage_ended":
            self._rows[stage].update(status=event["status"], reason=event["reason"], ended=event["time"])
        elif kind == "run_cancelled":
            for row in self._rows.values():
                if row["status"] == "running":
                    row.update(status="cancelled", ended=event["time"])
        elif kind == "damaged":
            for id in event["stages"]:
                self._rows[id]["reason"] = "damaged in the store; computed again"
        elif kind in ("report_started", "report_written"):
            self._note = "writing the fact sheet" if kind == "report_started" else "fact sheet written"
        if "eta_s" in event:
            self._eta = None if event["eta_s"] is None else (event["time"], event["eta_s"])

    def __rich__(self):
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        for id, row in self._rows.items():
            word, style = _MARKS.get(row["status"], (row["status"].replace("_", " "), "red"))
            stage, _, variant = id.partition("--")
            seconds = (row.get("ended") or time.time()) - row["started"] if "started" in row else None
            table.add_row(
                Text(word, style=style), stage, Text(variant, style="bold" if row["status"] == "running" else ""),
                Text(f"{seconds:.0f} s" if seconds is not None else "", justify="right", style="dim"),
                Text(self._doing(row), style="cyan" if row["status"] == "running" else "dim"),
            )  # fmt: skip
        return Group(table, Text(self._foot(), style="dim"))

    def _doing(self, row: dict) -> str:
        """A bar of units or cells while a stage runs; the reason when it ended otherwise than well."""
        if row["status"] != "running":
            return row.get("reason", "")
        for kind, word in (("units", "units"), ("cell", "cells")):
            if kind in row and row[kind][1]:
                done, total = row[kind]
                filled = round(10 * done / total)
                return f"{'█' * filled}{'░' * (10 - filled)} {done} of {total} {word}"
        return ""

    def _foot(self) -> str:
        ended = sum(row["status"] not in ("pending", "running") for row in self._rows.values())
        parts = [f"{ended} of {len(self._rows)} stages"]
        if self._note:
            parts.append(self._note)
        elif self._eta and ended < len(self._rows):
            parts.append(f"about {max(1, self._eta[0] + self._eta[1] - time.time()):.0f} s left")
        return " · ".join(parts)
