"""Advice as text: chosen, rejected, open questions; each with its reason and the answer that would change it."""

import textwrap

from rich.console import Console
from rich.text import Text

from privnb.advisor import CHARTS, Advice, Verdict
from privnb.spec.nearest import listed

MOST_FLIPS = 3


def show_advice(advice: Advice) -> None:
    """Both trees, then what nobody has answered, then what must not go unsaid."""
    console = Console(highlight=False)
    for chart in CHARTS:
        console.print(Text(chart.title, style="bold"))
        for chosen in (True, False):
            for verdict in advice.of(chart.tree, chosen):
                _show(console, verdict)
        console.print()
    if advice.questions:
        console.print(Text("Nobody has answered", style="bold"))
        for asked in advice.questions:
            console.print(Text(f"  ?  {asked.key}", style="yellow"))
            _indented(console, asked.question)
            told = f"{listed(asked.choices)}; assumed {asked.assumed}; another answer changes "
            _indented(console, told + listed(asked.changes, "and"), "dim")
        console.print(
            Text("  answer with --answer KEY=VALUE, or for good in the spec (docs/advisor.md)\n", style="dim")
        )
    for warning in advice.warnings:
        console.print(Text.assemble(("warning  ", "bold red"), warning))


def _show(console: Console, verdict: Verdict) -> None:
    mark, style = ("  +  ", "bold") if verdict.chosen else ("  −  ", "dim")
    lacking = f"  ({verdict.unavailable})" if verdict.unavailable and verdict.chosen else ""
    console.print(Text.assemble((mark + verdict.title, style), (lacking, "yellow")))
    _indented(console, verdict.because, "" if verdict.chosen else "dim")
    if verdict.flips:
        ways = [" and ".join(f"{key}={value}" for key, value in flip.items()) for flip in verdict.flips]
        more = f", or {len(ways) - MOST_FLIPS} more" if len(ways) > MOST_FLIPS else ""
        word = "not with" if verdict.chosen else "with"
        told = f"{word} {listed(ways[:MOST_FLIPS]) if not more else ', '.join(ways[:MOST_FLIPS])}{more}"
        _indented(console, told, "dim")


def _indented(console: Console, words: str, style: str = "") -> None:
    for line in textwrap.wrap(words, min(console.width, 100) - 6, break_on_hyphens=False):
        console.print(Text(f"     {line}", style=style))
