"""Questions whose answers are columns: Tab completes them, a name that is none is asked for again."""

from collections.abc import Sequence

import click

from privnb.spec.nearest import did_you_mean

NONE = "-"


def ask_column(question: str, columns: Sequence[str], guess: str | None, none: bool = False) -> str | None:
    """One column; `none` allows for no column at all (None)."""
    chosen = _ask(question, columns, [guess] if guess else [], 1, none)
    return chosen[0] if chosen else None


def ask_columns(question: str, columns: Sequence[str], guess: Sequence[str]) -> list[str]:
    """Any number of columns, given with commas between them."""
    return _ask(question, columns, list(guess), None, True)


def _ask(question: str, columns: Sequence[str], guess: list[str], most: int | None, none: bool) -> list[str]:
    _complete(columns)

    def read(text: str) -> list[str]:
        words = [] if text.strip() == NONE else [word.strip() for word in text.split(",") if word.strip()]
        for word in words:
            if word not in columns:
                raise click.BadParameter(f"there is no column '{word}'{did_you_mean(word, columns)}")
        if most and len(words) > most:
            raise click.BadParameter("give one column")
        if not words and not none:
            raise click.BadParameter("a column is needed")
        return list(dict.fromkeys(words))

    default = ", ".join(guess) or (NONE if none else None)
    return click.prompt(question, default=default, value_proc=read)


def _complete(columns: Sequence[str]) -> None:
    """Let Tab complete the last word of a line to a column, where the terminal can."""
    try:
        import readline
    except ImportError:
        return

    def offer(text: str, state: int) -> str | None:
        offers = [name for name in columns if name.lower().startswith(text.strip().lower())]
        return offers[state] if state < len(offers) else None

    readline.set_completer_delims(",")
    readline.set_completer(offer)
    readline.parse_and_bind("tab: complete")
