"""The advisor's flowcharts with the path taken, as plain SVG text: no drawing library, words that stay words.

The path is told by weight, colour and words alike, so that it reads in grey and to somebody who hears it read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from privnb.advisor import Advice, Flowchart, walk
from privnb.advisor.answers import QUESTIONS
from privnb.advisor.items import BY_ID
from privnb.figures.look import INK, MUTED, RULE
from privnb.spec.nearest import listed

WIDTH = 960
_PATH, _TINT, _PAPER = "#1f5fbf", "#eaf1fb", "#ffffff"
_FONT = "IBM Plex Sans, Helvetica, Arial, sans-serif"
_LEFT, _CARD, _ARM, _CHIP, _CHIP_H, _GAP = 70, 288, 168, 258, 38, 8
_TOP, _BETWEEN, _LINE = 76, 30, 17
_WORDS = {
    "before-training": "before training", "training": "in training", "scoring": "in use", "sharing": "data handed on",
    "actual": "these very records", "same-distribution": "similar records", "none": "none",
    "label": "the label alone", "top-n": "the top answers", "rounded": "rounded probabilities",
    "black-box": "no, only queries", "white-box": "yes, all of it", "classification": "a class",
    "regression": "a number", "partners, public-api or open-weights": "anywhere outside",
}  # fmt: skip


@dataclass(frozen=True)
class _Row:
    """One branch of a step, laid out: its words, its items, whether it is taken, and its middle (y)."""

    words: str
    items: tuple[str, ...]
    taken: bool
    note: str
    y: float


@dataclass(frozen=True)
class _Card:
    """One step laid out: its question, where it stands, whether the path comes through, and its branches."""

    lines: tuple[str, ...]
    source: str
    top: float
    height: float
    reached: bool
    rows: tuple[_Row, ...]

    @property
    def middle(self) -> float:
        return self.top + self.height / 2

    @property
    def bottom(self) -> float:
        return self.top + self.height


def flowchart_svg(advice: Advice, chart: Flowchart) -> str:
    """One `<svg>` element: every question of the chart, the answers given, and what was chosen on the path taken."""
    values = {key: answer.value for key, answer in advice.answers.items()}
    path = walk(chart, values)
    cards = _laid_out(advice, chart, dict(path.taken))
    end = max(cards[-1].bottom, cards[-1].rows[-1].y + 14) + _BETWEEN
    height = end + (46 if chart.always else 30) + 52
    parts = [_head(chart, advice, height), *_spine(chart, cards, path.taken, end)]
    for card in cards:
        parts += _drawn(card, advice)
    parts += [*_end(chart, end), *_legend(height), "</svg>"]
    return "\n".join(parts) + "\n"


def _laid_out(advice: Advice, chart: Flowchart, taken: dict[int, int]) -> list[_Card]:
    cards, top = [], float(_TOP)
    for place, step in enumerate(chart.steps):
        answer = advice.answers[step.asks]
        lines = _wrapped(QUESTIONS[step.asks].question, 38)
        source = f"answered by {answer.source}" if answer.known else "assumed: nobody has answered"
        source = "answered when asked" if answer.source == "asked" else source
        heights = [max(26, len(branch.items) * (_CHIP_H + 6) - 6) for branch in step.branches]
        branches, own = sum(heights) + _GAP * (len(heights) - 1), 24 + _LINE * (len(lines) + 1)
        height = max(own, branches)
        y, rows = top + (height - branches) / 2, []
        for number, branch in enumerate(step.branches):
            on = taken.get(place) == number
            words = _WORDS.get(listed(branch.answers), listed(_WORDS.get(value, value) for value in branch.answers))
            rows.append(_Row(words, branch.items, on, _goes_to(chart, place, branch.to), y + heights[number] / 2))
            y += heights[number] + _GAP
        cards.append(_Card(tuple(lines), source, top + (height - own) / 2, own, place in taken, tuple(rows)))
        top += height + _BETWEEN
    return cards


def _goes_to(chart: Flowchart, place: int, to: str) -> str:
    """Where a branch without the next question goes on, in words."""
    if not to or chart.place(to) == place + 1:
        return ""
    return "to the end" if chart.place(to) == len(chart.steps) else f"on to “{_short(QUESTIONS[to].question)}”"


def _short(question: str) -> str:
    return question if len(question) <= 40 else question[:38].rsplit(" ", 1)[0] + " …"


def _head(chart: Flowchart, advice: Advice, height: float) -> str:
    chosen = ", ".join(found.title for found in advice.of(chart.tree, True)) or "nothing"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" '
        f'height="{height:g}" role="img" font-family="{_FONT}" font-size="13" fill="{INK}">\n'
        f"<title>{escape(chart.title)}</title>\n<desc>Chosen: {escape(chosen)}.</desc>\n"
        f'<rect width="{WIDTH}" height="{height:g}" fill="{_PAPER}"/>\n'
        + _text(_LEFT, 34, chart.title, size=20, weight=600)
        + "\n"
        + _text(_LEFT, 55, "The path taken is the thick line, its answers are ticked.", MUTED)
    )


def _spine(chart: Flowchart, cards: Sequence[_Card], taken: Sequence[tuple[int, int]], end: float) -> list[str]:
    """Lines from question to question: straight down to the next, and around on the left past those that are skipped.

    Thin ones first, so that the path lies over them.
    """
    steps = dict(taken)
    tops = [*(card.top for card in cards), end]
    ways: dict[tuple[int, int], bool] = {}
    for place, step in enumerate(chart.steps):
        for number, branch in enumerate(step.branches):
            way = place, chart.place(branch.to) if branch.to else place + 1
            ways[way] = ways.get(way, False) or steps.get(place) == number
    jumps = sorted((way for way in ways if way[1] > way[0] + 1), key=lambda way: way[1] - way[0])
    lanes = _lanes(jumps)
    drawn = []
    for (start, stop), on in sorted(ways.items(), key=lambda item: item[1]):
        if stop == start + 1:
            x = _LEFT + _CARD / 2
            points = f"M{x} {cards[start].bottom:g}V{tops[stop] - (8 if on else 5):g}"
        else:
            x, y = _LEFT - 16 - 11 * lanes[start, stop], tops[stop] + 14
            points = f"M{_LEFT} {cards[start].middle:g}H{x + 6}q-6 0 -6 6V{y - 6:g}q0 6 6 6H{_LEFT - (8 if on else 5)}"
        drawn.append(_line(points, on, arrow=True))
    return drawn


def _lanes(jumps: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """A lane for each jump so that jumps whose spans overlap do not lie on each other."""
    lanes: dict[tuple[int, int], int] = {}
    for jump in jumps:
        taken = {lane for other, lane in lanes.items() if other[0] < jump[1] and jump[0] < other[1]}
        lanes[jump] = next(lane for lane in range(len(jumps) + 1) if lane not in taken)
    return lanes


def _drawn(card: _Card, advice: Advice) -> list[str]:
    """A question's box and its branches."""
    stroke, width = (_PATH, 2) if card.reached else (RULE, 1)
    parts = [
        f'<rect x="{_LEFT}" y="{card.top:g}" width="{_CARD}" height="{card.height:g}" rx="7" '
        f'fill="{_PAPER}" stroke="{stroke}" stroke-width="{width}"/>'
    ]
    y = card.middle - _LINE * (len(card.lines) + 1) / 2 + 12
    for line in card.lines:
        parts.append(_text(_LEFT + 16, y, line, INK if card.reached else MUTED, weight=600 if card.reached else 400))
        y += _LINE
    said = card.source if card.reached else "not asked on this path"
    parts.append(_text(_LEFT + 16, y, said, MUTED, size=11))
    for row in sorted(card.rows, key=lambda row: row.taken):
        parts += _branch(card, row, advice)
    return parts


def _branch(card: _Card, row: _Row, advice: Advice) -> list[str]:
    start, stop = _LEFT + _CARD, _LEFT + _CARD + _ARM
    bend, fork = start + 12, stop - 14
    ink, weight = (_PATH, 600) if row.taken else (MUTED, 400)
    end = (fork if len(row.items) > 1 else stop) if row.items else bend + 12
    parts = [_line(f"M{start} {card.middle:g}H{bend}V{row.y:g}H{end}", row.taken)]
    words = f"✓ {row.words}" if row.taken else row.words
    if not row.items:
        words += f", {row.note}" if row.note else ""
        return [*parts, _text(bend + 18, row.y + 4.5, words, ink, size=12.5, weight=weight)]
    parts.append(_text(bend + 10, row.y - 6, words, ink, size=12.5, weight=weight))
    top = row.y - (len(row.items) * (_CHIP_H + 6) - 6) / 2
    for number, item in enumerate(row.items):
        y = top + number * (_CHIP_H + 6)
        if len(row.items) > 1:
            parts.append(_line(f"M{fork} {row.y:g}V{y + _CHIP_H / 2:g}H{stop}", row.taken))
        parts += _chip(stop, y, item, row.taken, advice)
    note = _wrapped(f"then {row.note}", 26) if row.note else []
    for number, line in enumerate(note):
        parts.append(_text(stop + _CHIP + 10, row.y + 4 + 14 * (number - (len(note) - 1) / 2), line, ink, size=11))
    return parts


def _chip(x: float, y: float, item: str, taken: bool, advice: Advice) -> list[str]:
    """What a branch chooses: filled and framed boldly when the path comes here, dashed when it does not."""
    verdict = advice.verdict(item)
    fill, stroke, width, dash = (_TINT, _PATH, 2, "") if taken else (_PAPER, RULE, 1, ' stroke-dasharray="4 3"')
    state = "not chosen here" if not taken else f"chosen · {verdict.unavailable}" if verdict.unavailable else "chosen"
    return [
        f'<rect x="{x}" y="{y:g}" width="{_CHIP}" height="{_CHIP_H}" rx="5" fill="{fill}" stroke="{stroke}" '
        f'stroke-width="{width}"{dash}/>',
        _text(x + 10, y + 16, BY_ID[item].title, INK if taken else MUTED, size=12.5, weight=600 if taken else 400),
        _text(x + 10, y + 30, state, _PATH if taken else MUTED, size=10.5),
    ]


def _end(chart: Flowchart, end: float) -> list[str]:
    titles = " · ".join(BY_ID[item].title for item in chart.always)
    words = "Always" if chart.always else "End of the questions"
    height = 46 if chart.always else 30
    parts = [
        f'<rect x="{_LEFT}" y="{end:g}" width="{_CARD + _ARM + _CHIP if chart.always else _CARD}" height="{height}" '
        f'rx="15" fill="{_TINT}" stroke="{_PATH}" stroke-width="2"/>',
        _text(_LEFT + 16, end + 20, words, weight=600),
    ]
    return parts + ([_text(_LEFT + 16, end + 37, titles)] if titles else [])


def _legend(height: float) -> list[str]:
    y = height - 18
    return [
        _line(f"M{_LEFT} {y - 4}h26", True),
        _text(_LEFT + 34, y, "path taken", MUTED, size=11),
        _line(f"M{_LEFT + 120} {y - 4}h26", False),
        _text(_LEFT + 154, y, "other answers", MUTED, size=11),
    ]


def _line(points: str, on: bool, arrow: bool = False) -> str:
    colour, width = (_PATH, 3) if on else (RULE, 1.2)
    line = f'<path d="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
    return line + (_arrow(points, colour, on) if arrow else "")


def _arrow(points: str, colour: str, on: bool) -> str:
    """A head at the end of a path that ends downwards (V) or to the right (H)."""
    size = 8 if on else 5
    across, down = points.rfind("H"), points.rfind("V")
    if across > down:
        x, y = float(points[across + 1 :]), float(points[:across].rsplit("V", 1)[1].split("q")[0]) + 6
        return f'<path d="M{x:g} {y - size * 0.6:g}l{size} {size * 0.6:g}l-{size} {size * 0.6:g}z" fill="{colour}"/>'
    x, y = float(points[1:].split(" ")[0]), float(points[down + 1 :])
    return f'<path d="M{x - size * 0.6:g} {y:g}h{size * 1.2:g}l-{size * 0.6:g} {size}z" fill="{colour}"/>'


def _text(x: float, y: float, words: str, colour: str = INK, size: float = 13, weight: int = 400) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" fill="{colour}" font-size="{size:g}" font-weight="{weight}">'
        f"{escape(words, quote=False)}</text>"
    )


def _wrapped(words: str, width: int) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
