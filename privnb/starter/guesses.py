"""What the columns of a table may mean, guessed from their names and from how many values they take."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_TARGETS = (
    "target", "label", "outcome", "class", "y", "income", "diagnosis", "readmitted", "default", "churn", "approved",
    "survived", "fraud", "result", "response", "risk",
)  # fmt: skip
_SENSITIVE = {
    "race", "ethnicity", "ethnic", "sex", "gender", "religion", "faith", "disability", "disabled",
    "diagnosis", "disease", "illness", "health", "smoker", "smoking", "alcohol", "drug", "hiv", "pregnant",
    "pregnancy", "orientation", "union", "political", "party_membership", "criminal", "conviction", "genetic",
    "salary", "income", "debt", "medication",
}  # fmt: skip
_QUASI = {
    "age", "sex", "gender", "race", "ethnicity", "zip", "zipcode", "postcode", "postal", "city", "town",
    "region", "county", "state", "country", "nationality", "birth", "birthday", "birthdate", "dob",
    "education", "occupation", "job", "profession", "marital", "employer", "school", "height", "weight",
    "children", "household",
}  # fmt: skip
_IDENTIFIERS = {
    "id", "uid", "uuid", "guid", "name", "firstname", "lastname", "surname", "forename", "email", "mail",
    "phone", "telephone", "mobile", "ssn", "passport", "iban", "address", "street", "nhs", "mrn", "licence",
    "license", "username", "account", "ip",
}  # fmt: skip
_PERSONS = {"id", "uid", "uuid", "guid", "nhs", "mrn", "ssn"}
LEAST_ROWS = 30  # below this, all values being distinct says nothing
MOST_CLASSES = 30  # a number with more values than this is predicted as a number


@dataclass(frozen=True)
class Guesses:
    """Roles of columns, each a guess. `task` follows the target's values: classification or regression."""

    target: str
    task: str
    sensitive: list[str] = field(default_factory=list)
    quasi_identifiers: list[str] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    person_id: str | None = None


def guess(frame: "pd.DataFrame", target: str | None = None) -> Guesses:
    """Guesses for a table; a `target` that is known is taken."""
    distinct = {name: int(frame[name].nunique()) for name in frame.columns}
    person, identifiers = _people(frame, distinct, target)
    target = target or _target(frame, {person, *identifiers})
    free = [name for name in frame.columns if name not in (target, person, *identifiers) and distinct[name] > 1]
    return Guesses(
        target=target,
        task=task_of(frame[target]),
        sensitive=[name for name in free if _words(name) & _SENSITIVE],
        quasi_identifiers=[name for name in free if _words(name) & _QUASI],
        identifiers=identifiers,
        person_id=person,
    )


def task_of(values: "pd.Series") -> str:
    """Regression where the values are numbers that are fractions or many, else classification."""
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        return "classification"
    known = values.dropna()
    return "regression" if known.nunique() > MOST_CLASSES or bool((known % 1 != 0).any()) else "classification"


def _people(frame: "pd.DataFrame", distinct: dict[str, int], target: str | None) -> tuple[str | None, list[str]]:
    """The column that says whose row it is, and those that name a person."""
    import pandas as pd

    person, identifiers = None, []
    for name in frame.columns:
        if name == target:
            continue
        words, values = _words(name), frame[name]
        unique = distinct[name] == len(frame) and len(frame) >= LEAST_ROWS
        in_words = not pd.api.types.is_numeric_dtype(values.dtype)
        many = distinct[name] > max(MOST_CLASSES, len(frame) / 20)
        if words & _PERSONS and many and not unique and person is None:
            person = name
        elif (words & _IDENTIFIERS and (many or unique)) or (unique and in_words):
            identifiers.append(name)
    return person, identifiers


def _target(frame: "pd.DataFrame", taken: set[str | None]) -> str:
    """The column named like a target, the last one where several or none are."""
    free = [name for name in frame.columns if name not in taken] or list(frame.columns)
    for word in _TARGETS:
        named = [name for name in free if word in _words(name)]
        if named:
            return named[-1]
    return free[-1]


def _words(name: str) -> set[str]:
    """The words of a column's name, and the whole of it: `patientId` is patient, id and patientid."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", str(name))
    words = [word for word in re.split(r"[^A-Za-z0-9]+", parts.lower()) if word]
    return {*words, "".join(words)}
