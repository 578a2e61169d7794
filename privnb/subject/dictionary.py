"""The data dictionary: what is publicly known of each column, declared in a YAML file or inferred from the table."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from privnb.errors import DataError
from privnb.subject.hierarchies import check_hierarchy

if TYPE_CHECKING:
    import pandas as pd

ColumnType = Literal["integer", "number", "categorical", "ordered", "boolean", "date", "text"]
TYPES = ("integer", "number", "categorical", "ordered", "boolean", "date", "text")
# Above this many distinct strings a column is text rather than categories; ICD chapters, countries and
# two-digit postcodes stay below, names and free text do not.
MOST_CATEGORIES = 500


@dataclass(frozen=True)
class Column:
    """What is known of one column.

    `categories` are all values a categorical, ordered or boolean column can take (in order, where ordered);
    `bounds` the least and greatest value of a number, in `unit`; `missing` whether values may be absent;
    `hierarchy` how values may be generalised, in one of the forms of `privnb.subject.hierarchies`.
    """

    type: ColumnType
    categories: tuple | None = None
    bounds: tuple[float, float] | None = None
    unit: str = ""
    description: str = ""
    missing: bool = False
    hierarchy: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Dictionary:
    """Columns by name. `source` is `declared` (public knowledge) or `inferred` (for some column, from the data)."""

    columns: Mapping[str, Column]
    source: Literal["declared", "inferred"]

    def __getitem__(self, name: str) -> Column:
        """The column of that name; KeyError when the dictionary does not know it."""
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def select(self, names) -> "Dictionary":
        """The dictionary of these columns alone, in this order."""
        return replace(self, columns={name: self.columns[name] for name in names})

    def completed(self, frame: "pd.DataFrame") -> "Dictionary":
        """This dictionary for all columns of the table: what it does not declare is inferred."""
        unknown = [name for name in frame.columns if name not in self.columns]
        if not unknown:
            return self.select(frame.columns)
        found = infer(frame[unknown]).columns
        return Dictionary({name: self.columns.get(name) or found[name] for name in frame.columns}, "inferred")


def read_dictionary(path: Path | str) -> Dictionary:
    """The declared dictionary of a YAML file `columns: {age: {type: integer, bounds: [17, 90], ...}}`.

    Raises DataError naming file and place for a file that is missing, no YAML, or has an unknown key, type or form.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        content = YAML(typ="safe", pure=True).load(text)
    except FileNotFoundError:
        raise DataError(f"there is no data dictionary {path}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8 text; save the data dictionary as UTF-8") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark
        raise DataError(f"{path}:{mark.line + 1}:{mark.column + 1}: {str(error.problem).splitlines()[0]}") from None
    except YAMLError as error:
        raise DataError(f"{path}: not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(content, Mapping) or set(content) != {"columns"} or not isinstance(content["columns"], Mapping):
        raise DataError(
            f"{path}: a data dictionary has one key, columns, that maps each column's name to its description"
        )
    return Dictionary(
        {
            str(name): _column(fields, f"{path}: columns.{name}", path.parent)
            for name, fields in content["columns"].items()
        },
        "declared",
    )


def infer(frame: "pd.DataFrame") -> Dictionary:
    """A dictionary learnt from the table: types, categories and bounds as they occur. Not for differential privacy."""
    return Dictionary({name: _inferred(frame[name]) for name in frame.columns}, "inferred")


def _column(fields: Any, place: str, folder: Path) -> Column:
    if not isinstance(fields, Mapping):
        raise DataError(f"{place}: expected a mapping such as {{type: integer}}, got {fields!r}")
    for key in fields:
        if key not in Column.__dataclass_fields__:
            raise DataError(f"{place}: unknown key {key!r}{_nearest(key, Column.__dataclass_fields__)}")
    type = fields.get("type")
    if type not in TYPES:
        raise DataError(f"{place}.type: expected one of {', '.join(TYPES)}, got {type!r}{_nearest(type, TYPES)}")
    categories = _categories(type, fields.get("categories"), f"{place}.categories")
    for key in ("unit", "description"):
        if not isinstance(fields.get(key, ""), str):
            raise DataError(f"{place}.{key}: expected text, got {fields[key]!r}")
    if not isinstance(fields.get("missing", False), bool):
        raise DataError(f"{place}.missing: expected true or false, got {fields['missing']!r}")
    hierarchy = fields.get("hierarchy")
    if hierarchy is not None:
        hierarchy = check_hierarchy(hierarchy, type, categories, f"{place}.hierarchy", folder)
    return Column(
        type,
        categories,
        _bounds(type, fields.get("bounds"), f"{place}.bounds"),
        fields.get("unit", ""),
        fields.get("description", ""),
        fields.get("missing", False),
        hierarchy,
    )


def _categories(type: str, given: Any, place: str) -> tuple | None:
    if type == "boolean":
        if given is not None:
            raise DataError(f"{place}: a boolean column has none; make it categorical to name its values")
        return (False, True)
    if type not in ("categorical", "ordered"):
        if given is not None:
            raise DataError(f"{place}: only categorical and ordered columns have categories, this one is {type}")
        return None
    if (
        not isinstance(given, list)
        or not given
        or any(isinstance(value, list | dict) or value is None for value in given)
    ):
        raise DataError(f"{place}: a {type} column needs the list of all its values, got {given!r}")
    if len({_kind(value) for value in given}) > 1:
        raise DataError(f"{place}: mixes text and numbers; quote the numbers if they are names: {given[:5]!r}")
    repeated = sorted({str(value) for value in given if given.count(value) > 1})
    if repeated:
        raise DataError(f"{place}: {', '.join(repeated)} is listed twice")
    return tuple(given)


def _kind(value: Any) -> str:
    return "text" if isinstance(value, str) else "bool" if isinstance(value, bool) else "number"


def _bounds(type: str, given: Any, place: str) -> tuple[float, float] | None:
    if given is None:
        return None
    if type not in ("integer", "number"):
        raise DataError(f"{place}: only integer and number columns have bounds, this one is {type}")
    numbers = isinstance(given, list) and len(given) == 2 and all(_kind(value) == "number" for value in given)
    if not numbers or not all(isinstance(value, (int, float)) for value in given) or not given[0] < given[1]:
        raise DataError(f"{place}: expected [least, greatest] with least below greatest, got {given!r}")
    return tuple(given)


def _nearest(word: Any, known) -> str:
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _inferred(values: "pd.Series") -> Column:
    import pandas as pd

    missing = bool(values.isna().any())
    kinds = pd.api.types
    if isinstance(values.dtype, pd.CategoricalDtype):
        kind = "ordered" if values.cat.ordered else "categorical"
        return Column(kind, tuple(values.cat.categories.tolist()), missing=missing)
    if kinds.is_bool_dtype(values.dtype):
        return Column("boolean", (False, True), missing=missing)
    if kinds.is_numeric_dtype(values.dtype):
        known = values.dropna()
        whole = kinds.is_integer_dtype(values.dtype) or (len(known) > 0 and bool((known % 1 == 0).all()))
        bounds = (known.min().item(), known.max().item()) if len(known) else None
        return Column("integer" if whole else "number", bounds=bounds, missing=missing)
    if kinds.is_datetime64_any_dtype(values.dtype):
        return Column("date", missing=missing)
    known = values.dropna()
    distinct = pd.unique(known)
    if not len(known):
        return Column("number", missing=True)
    if all(isinstance(value, bool) for value in distinct):
        return Column("boolean", (False, True), missing=missing)
    if len(distinct) > MOST_CATEGORIES or (len(distinct) > 20 and 2 * len(distinct) > len(known)):
        return Column("text", missing=missing)
    return Column(
        "categorical", tuple(sorted(distinct.tolist(), key=lambda value: (str(type(value)), value))), missing=missing
    )
