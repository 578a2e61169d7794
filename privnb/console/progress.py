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
    "not_applicable": ("n/a", "dim"),
    "skipped": ("skipped", "yellow"),
}


@contextmanager
def progress_display() -> Iterator[Event]:
    """Yields the function that takes the run's events."""
    if sys.stderr.isatty():
        with _live_table() as on_event:
            yield on_event
    else:
        yield _plain_lines()


def _plain_lines() -> Event:
    started: dict[str, float] = {}

    def on_event(event: dict) -> None:
        kind = event["event"]
        if kind == "run_started":
            kept, all_ = len(event["kept"]), len(event["stages"])
            click.echo(f"{all_} stages, {kept} kept from before, {all_ - kept} to run", err=True)
        elif kind == "stage_started":
            started[event["stage"]] = event["time"]
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
    from rich.console import Console, Group
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

    rows: dict[str, dict] = {}
    note = {"text": ""}

    def draw() -> Group:
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        for id, row in rows.items():
            word, style = _MARKS.get(row["status"], (row["status"].replace("_", " "), "red"))
            stage, _, variant = id.partition("--")
            seconds = (row.get("ended") or time.time()) - row["started"] if "started" in row else None
            table.add_row(
                Text(word, style=style), stage, Text(variant, style="bold" if row["status"] == "running" else ""),
                Text(f"{seconds:.0f} s" if seconds is not None else "", justify="right", style="dim"),
                Text(row.get("reason", ""), style="dim"),
            )  # fmt: skip
        ended = sum(row["status"] not in ("pending", "running") for row in rows.values())
        return Group(table, Text(f"{ended} of {len(rows)} stages {note['text']}", style="dim"))

    class Screen:
        def __rich__(self):
            return draw()

    def on_event(event: dict) -> None:
        kind = event["event"]
        if kind == "run_started":
            rows.update({id: {"status": "kept" if id in event["kept"] else "pending"} for id in event["stages"]})
        elif kind == "stage_started":
            rows[event["stage"]] = {"status": "running", "started": event["time"]}
        elif kind == "stage_ended":
            rows[event["stage"]].update(status=event["status"], reason=event["reason"], ended=event["time"])
        elif kind in ("report_started", "report_written"):
            note["text"] = "· writing the fact sheet" if kind == "report_started" else "· fact sheet written"

    with Live(Screen(), console=Console(stderr=True), refresh_per_second=4):
        yield on_event
