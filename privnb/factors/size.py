"""Size: people behind the training data, rows a feature, number of features and of classes, and the smallest class."""

from dataclasses import dataclass

import numpy as np

from privnb.findings import Table
from privnb.stats.estimate import Estimate
from privnb.stats.proportions import proportion
from privnb.subject.encoding import TableEncoder, encoding_plan
from privnb.subject.rows import Rows


@dataclass(frozen=True)
class SetSize:
    """Counts of the training data: exact, so without an interval. `rows_per_feature` is rows over encoded features."""

    rows: int
    people: int
    features: int
    encoded_features: int
    rows_per_feature: float


@dataclass(frozen=True)
class ClassSizes:
    """Number of classes, and for the smallest one its people and its share of rows (with an interval by person)."""

    classes: int
    smallest_people: int
    smallest_share: Estimate


def set_size(rows: Rows) -> SetSize:
    """Size of a training set. `rows` are what the model was trained on."""
    encoded = encoded_features(rows)
    return SetSize(len(rows), len(np.unique(rows.persons)), rows.X.shape[1], encoded, len(rows) / max(encoded, 1))


def encoded_features(rows: Rows) -> int:
    """Number of inputs once categories are spelt out, as the encoder in front of every estimator makes them."""
    return int(TableEncoder(encoding_plan(rows.schema, list(rows.X.columns))).fit(rows.X).n_features_out_)


def class_sizes(rows: Rows, level: float = 0.95) -> ClassSizes:
    """Classes among the labels of `rows` and the size of the rarest. A class with few people is easier to attack."""
    classes, code = np.unique(rows.y, return_inverse=True)
    people = np.array([len(np.unique(rows.persons[code == i])) for i in range(len(classes))])
    smallest = int(np.argmin(people))
    return ClassSizes(len(classes), int(people[smallest]), proportion(code == smallest, rows.persons, level))


def class_table(rows: Rows, small_cell: int = 5, most: int = 20) -> Table:
    """People and share of rows of each class, smallest first, at most `most` of them.

    A class of fewer than `small_cell` people is withheld, and where it is the only one the next smallest too, because
    the total would give it away.
    """
    classes, code = np.unique(rows.y, return_inverse=True)
    people = np.array([len(np.unique(rows.persons[code == i])) for i in range(len(classes))])
    order = np.argsort(people, kind="stable")
    small = int((people < small_cell).sum())
    withheld = 2 if small == 1 else small
    lines = []
    for rank, i in enumerate(order[:most]):
        told = [int(people[i]), float(np.mean(code == i))]
        told = told if rank >= withheld else [f"< {small_cell}" if rank < small else "withheld", None]
        lines.append([str(classes[i]), *told])
    more = len(classes) - len(lines)
    title = "Training people by class" + (f", the smallest {most} of {len(classes)}" if more else "")
    return Table(title=title, columns=["class", "people", "share of rows"], rows=lines)
