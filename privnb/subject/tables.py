"""Reads a person's own table, csv or parquet, and says plainly what is wrong with it."""

import csv
import difflib
import warnings
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from privnb.errors import DataError
from privnb.subject.dictionary import Dictionary

SUFFIXES = (".csv", ".parquet")


def read_table(path: Path | str, dictionary: Dictionary | None = None) -> pd.DataFrame:
    """The table of a `.csv` (UTF-8, comma, header) or `.parquet` file with a fresh index.

    Columns that the dictionary declares as text or as categories in words stay words (`01` is not 1); declared dates
    become dates. Empty cells are missing. Raises DataError for a file that is missing, empty, of another kind,
    unreadable, without rows, or with a name twice in its header.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{path}: privnb reads {' and '.join(SUFFIXES)}, not {path.suffix or 'a file without ending'}")
    if not path.is_file():
        raise DataError(f"there is no file {path}; paths are relative to the spec")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty")
    frame = _read_csv(path, dictionary) if path.suffix.lower() == ".csv" else _read_parquet(path)
    if len(frame) == 0:
        raise DataError(f"{path} has a header but no rows")
    return as_declared(frame.reset_index(drop=True), dictionary, str(path))


def require_columns(frame: pd.DataFrame, names: Iterable[str], place: str) -> None:
    """Raises DataError for the first name that is no column, with the nearest one; `place` says where it was given."""
    for name in names:
        if name not in frame.columns:
            close = difflib.get_close_matches(str(name), [str(each) for each in frame.columns], n=1)
            hint = (
                f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(map(str, frame.columns[:20]))}"
            )
            raise DataError(f"{place}: the data have no column {name!r}{hint}")


def _read_csv(path: Path, dictionary: Dictionary | None) -> pd.DataFrame:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            header = next(csv.reader(lines), [])
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    _no_duplicates(header, path)
    words = {name: str for name in header if dictionary and name in dictionary and _in_words(dictionary[name])}
    try:
        with warnings.catch_warnings():  # a first row longer than the header would be cut with a warning alone
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(path, encoding="utf-8-sig", dtype=words, index_col=False, low_memory=False)
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, ValueError) as error:
        raise DataError(f"{path}: not a table: {str(error).strip().splitlines()[0]}") from None


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow

    try:
        frame = pd.read_parquet(path)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable parquet file: {str(error).strip().splitlines()[0]}") from None
    frame.columns = [str(name) for name in frame.columns]
    _no_duplicates(list(frame.columns), path)
    return frame


def _no_duplicates(header: list[str], path: Path) -> None:
    for position, name in enumerate(header):
        if name in header[:position]:
            raise DataError(
                f"{path}: the header names {name!r} twice (columns {header.index(name) + 1} and {position + 1}); "
                "rename one"
            )
        if not name.strip():
            raise DataError(f"{path}: column {position + 1} has no name in the header")


def _in_words(column) -> bool:
    return column.type == "text" or bool(column.categories and isinstance(column.categories[0], str))


def as_declared(frame: pd.DataFrame, dictionary: Dictionary | None, place: str) -> pd.DataFrame:
    """The table with its columns in the declared types; DataError, led by `place`, where the values do not fit them."""
    for name in frame.columns if dictionary else ():
        if name not in dictionary:
            continue
        declared, values = dictionary[name], frame[name]
        if declared.type in ("integer", "number") and not pd.api.types.is_numeric_dtype(values.dtype):
            numbers = pd.to_numeric(values, errors="coerce")
            wrong = values[numbers.isna() & values.notna()]
            if len(wrong):
                raise DataError(
                    f"{place}: column {name!r} is declared {declared.type} but holds text in {len(wrong)} rows"
                )
            frame[name] = numbers
        elif declared.type == "date":
            dates = pd.to_datetime(values, errors="coerce")
            wrong = int((dates.isna() & values.notna()).sum())
            if wrong:
                raise DataError(f"{place}: column {name!r} is declared a date but {wrong} values are none")
            frame[name] = dates
        elif declared.categories is not None and declared.type != "boolean":
            _only_categories(values, declared.categories, f"{place}: column {name!r}")
    return frame


def _only_categories(values: pd.Series, categories: tuple, place: str) -> None:
    outside = values[values.notna() & ~values.isin(categories)]
    if len(outside):
        raise DataError(
            f"{place} holds values in {len(outside)} rows that the data dictionary does not list as categories; "
            "add them there or correct the data"
        )
