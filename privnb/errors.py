"""The few kinds of error a user meets: each message says what, where, and what to do."""

import re
from collections.abc import Collection
from dataclasses import dataclass


class PrivnbError(Exception):
    """A mistake the user can mend; shown as one plain sentence, never as a traceback."""

    exit_code = 2


@dataclass(frozen=True, order=True)
class Problem:
    """One located mistake in a spec: `line` and `column` count from 1."""

    line: int
    column: int
    message: str

    def located(self, filename: str) -> str:
        """`file:line:column: message`, the form editors and compilers share."""
        return f"{filename}:{self.line}:{self.column}: {self.message}"


class SpecError(PrivnbError):
    """A spec that cannot be used; carries every problem found, in the order of the file."""

    def __init__(self, filename: str, problems: list[Problem]):
        self.filename = filename
        self.problems = sorted(problems)
        super().__init__("\n".join(problem.located(filename) for problem in self.problems))


class DataError(PrivnbError):
    """Data that cannot be read or do not fit the spec: names the file, the column and the limit."""


class ModelError(PrivnbError):
    """A model that cannot be loaded, trained or queried: names the model and the remedy."""


class NotApplicable(PrivnbError):
    """Raised by a stage that has no meaning for this variant; the message is the reason the sheet prints."""


def without_values(text: str, keep: Collection[str] = ()) -> str:
    """Somebody else's error text without what may be quoted from a record: quoted pieces, lists and decimals.

    Quoted words in `keep`, such as the names of parameters, stay.
    """
    quoted = re.compile(r"'([^'\n]*)'|\"([^\"\n]*)\"|\[[^\]\n]*\]")
    text = quoted.sub(lambda found: found[0] if (found[1] or found[2]) in keep else "…", text)
    return re.sub(r"-?\d+\.\d+(e[-+]?\d+)?", "…", text)


class FolderError(PrivnbError):
    """A run folder that cannot be written: names the file, the cause, and that what was finished is kept."""

    exit_code = 3
