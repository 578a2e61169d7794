"""The built-in data sets: Adult, packed inside privnb, and four small ones that scikit-learn carries."""

import hashlib
import json
import lzma
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from privnb.errors import DataError
from privnb.subject.dictionary import Column, Dictionary, infer, read_dictionary
from privnb.subject.digests import BUILTIN

LICENCES = {
    "adult": "CC BY 4.0, UCI Machine Learning Repository; donors Ronny Kohavi and Barry Becker",
    "breast_cancer": "CC BY 4.0, UCI Machine Learning Repository (Breast Cancer Wisconsin, Diagnostic)",
    "diabetes": "as shipped with scikit-learn; Efron, Hastie, Johnstone and Tibshirani 2004",
    "digits": "CC BY 4.0, UCI Machine Learning Repository (Optical Recognition of Handwritten Digits)",
    "wine": "CC BY 4.0, UCI Machine Learning Repository (Wine)",
}
# scikit-learn's column names and the target's; diabetes is predicted as a number, the others as a class.
_TARGETS = {"breast_cancer": "diagnosis", "diabetes": "progression", "digits": "digit", "wine": "cultivar"}


def load_builtin(name: str) -> tuple[pd.DataFrame, Dictionary]:
    """A built-in data set as a table that includes the target, and its dictionary.

    `adult` (48,842 x 15, target income), `breast_cancer` (569 x 31, diagnosis), `diabetes` (442 x 11, progression),
    `digits` (1,797 x 65, digit), `wine` (178 x 14, cultivar). Works without network. DataError for another name, or
    when the content is not what this version of privnb recorded.
    """
    if name not in BUILTIN:
        raise DataError(f"there is no built-in data set {name!r}; there are {', '.join(sorted(BUILTIN))}")
    return _adult() if name == "adult" else _from_scikit_learn(name)


def _adult() -> tuple[pd.DataFrame, Dictionary]:
    with resources.as_file(resources.files("privnb.subject") / "data" / "adult") as folder:
        packed = (folder / "adult.columns.xz").read_bytes()
        dictionary = read_dictionary(Path(folder) / "adult.dictionary.yaml")
    _check("adult", hashlib.sha256(packed).hexdigest())
    first_line, body = lzma.decompress(packed).split(b"\n", 1)
    header = json.loads(first_line)
    rows, start, columns = header["rows"], 0, {}
    for column in header["columns"]:
        width = column.get("planes", 1) * rows
        columns[column["name"]] = _decode(column, np.frombuffer(body, np.uint8, width, start), rows)
        start += width
    return pd.DataFrame(columns), dictionary


def _decode(column: dict, codes: np.ndarray, rows: int) -> pd.Series:
    if "planes" in column:
        return pd.Series(np.ascontiguousarray(codes.reshape(-1, rows).T).view("<u4").ravel().astype(np.int64))
    levels = column["levels"]
    if isinstance(levels[0], int):
        return pd.Series(np.array(levels, dtype=np.int64)[codes])
    return pd.Series([*levels, np.nan]).take(codes).reset_index(drop=True)


def _from_scikit_learn(name: str) -> tuple[pd.DataFrame, Dictionary]:
    from sklearn import datasets

    # diabetes unscaled: in the donors' units, and free of the rounding of a scaling computed on this machine
    bunch = getattr(datasets, f"load_{name}")(as_frame=True, **({"scaled": False} if name == "diabetes" else {}))
    features, target = bunch.data, bunch.target
    content = features.to_numpy(np.float64).tobytes() + target.to_numpy(np.float64).tobytes()
    _check(name, hashlib.sha256(content).hexdigest())
    frame = features.copy()
    if name == "digits":
        frame = frame.astype(np.int64)
    elif name == "diabetes":
        target = target.astype(np.float64)
    else:
        target = pd.Series(np.array([str(label) for label in bunch.target_names])[target.to_numpy()])
    frame[_TARGETS[name]] = target
    dictionary = infer(frame)
    if name == "digits":
        pixels = {pixel: Column("integer", bounds=(0, 16), unit="grey level") for pixel in features.columns}
        return frame, Dictionary(pixels | {"digit": Column("categorical", tuple(range(10)))}, "declared")
    return frame, dictionary


def _check(name: str, found: str) -> None:
    if found != BUILTIN[name]:
        raise DataError(
            f"the built-in data set {name!r} has SHA-256 {found}, this version of privnb expects {BUILTIN[name]}; "
            "reinstall privnb and scikit-learn"
        )
