"""The word a user most likely meant: nearest by edit distance, with case, hyphens and underscores counted lightly."""

from collections.abc import Iterable

MAX_CHOICES = 2000


def nearest(word: object, choices: Iterable[str]) -> str | None:
    """The choice that `word` is most likely a slip of; None if none is near.

    Near means at most two single-letter edits (insert, delete, replace, swap of neighbours; Damerau 1964), three for
    words of nine letters or more, and never as many as the word has letters. Failing that, the one choice that begins
    with `word` or that `word` begins with (three letters or more). Only the first 2000 choices are looked at.
    """
    if not isinstance(word, str) or not word:
        return None
    plain = _plain(word)
    ranked = []
    choices = list(dict.fromkeys(choices))[:MAX_CHOICES]
    for place, choice in enumerate(choices):
        other = _plain(choice)
        limit = min(3 if min(len(plain), len(other)) >= 9 else 2, max(len(plain), len(other)) - 1)
        if abs(len(plain) - len(other)) <= limit:
            distance = edit_distance(plain, other)
            if distance <= limit:
                ranked.append((distance, -_shared(plain, other), place, choice))
    if ranked:
        return min(ranked)[-1]
    starts = [choice for choice in choices if len(plain) >= 3 and _begins(plain, _plain(choice))]
    return starts[0] if len(starts) == 1 else None


def did_you_mean(word: object, choices: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or nothing when no choice is near or the word is already that choice."""
    near = nearest(word, choices)
    return f"; did you mean '{near}'?" if near is not None and near != word else ""


def listed(words: Iterable[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    words = list(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else "nothing"


def edit_distance(a: str, b: str) -> int:
    """Optimal string alignment distance: edits of one letter, and swaps of two neighbours, that turn `a` into `b`."""
    before, row = None, list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        earlier, before, row = before, row, [i]
        for j, right in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _plain(word: str) -> str:
    return word.lower().replace("-", "_").replace(" ", "_")


def _shared(a: str, b: str) -> int:
    """How many letters of `a` are also in `b`, counted with repetition: breaks ties of distance."""
    rest = list(b)
    shared = 0
    for letter in a:
        if letter in rest:
            rest.remove(letter)
            shared += 1
    return shared


def _begins(a: str, b: str) -> bool:
    return len(b) >= 3 and (a.startswith(b) or b.startswith(a))
