"""The blind baseline: can members be told apart without the model? If so, attacks measure the split too."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedGroupKFold

from privnb.attacks.copies import row_keys
from privnb.attacks.universe import stack
from privnb.stats.estimate import Estimate
from privnb.stats.ranking import auc
from privnb.subject.rows import Rows

MOST_ROWS = 4000
MOST_CATEGORIES = 200


def blind_auc(members: Rows, non_members: Rows, persons: np.ndarray, seed: int, level: float = 0.95) -> Estimate | None:
    """AUC of a classifier that tells members from non-members by features and label alone.

    One half of the people teaches it and the other half judges it, so that the interval is an honest one: scores from
    several folds depend on each other, and their interval would raise a false alarm in one data set of ten.
    `persons` (members, then non-members) are codes; halves and the interval follow the person. At most 4,000 rows of
    each side are used. Repeated rows count once a side, and rows found on both sides are left out: the first would
    let the classifier recognise them, the second can tell nothing. None when fewer than 30 people of a side remain.
    An AUC above .5 means that the two sides differ in distribution (the blind attack of Das et al. 2024, arXiv
    2406.16201).
    """
    random = np.random.default_rng(seed)
    kept, keys = [], []
    for rows in (members, non_members):
        chosen = np.sort(random.permutation(len(rows))[:MOST_ROWS])
        key = row_keys(rows.take(chosen))
        first = np.unique(key, return_index=True)[1]
        kept.append(chosen[first])
        keys.append(key[first])
    shared = np.intersect1d(*keys)
    sides = [chosen[~np.isin(key, shared)] for chosen, key in zip(kept, keys)]
    person = np.concatenate([persons[sides[0]], persons[len(members) + sides[1]]])
    member = np.arange(len(person)) < len(sides[0])
    people = min(len(np.unique(person[member])), len(np.unique(person[~member])))
    if people < 30:
        return None
    table, categorical = _plain_table(stack([members.take(sides[0]), non_members.take(sides[1])]))
    halves = StratifiedGroupKFold(2, shuffle=True, random_state=seed % 2**32)
    learnt, judged = next(halves.split(table, member, person))
    classifier = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.08, max_leaf_nodes=15, min_samples_leaf=20, early_stopping=False,
        categorical_features=categorical, random_state=seed % 2**32,
    )  # fmt: skip
    classifier.fit(table[learnt], member[learnt])
    return auc(classifier.decision_function(table[judged]), member[judged], person[judged], level)


def _plain_table(rows: Rows) -> tuple[np.ndarray, list[int]]:
    """Features and label as floats (missing stays missing), and which columns are categories."""
    frame = rows.X.copy()
    frame.columns = range(frame.shape[1])
    frame[frame.shape[1]] = rows.y
    columns, categorical = [], []
    for i in frame.columns:
        column = frame[i]
        if column.isna().all():
            continue  # says nothing, and a column without values has no bins
        if pd.api.types.is_numeric_dtype(column):
            columns.append(column.astype(float).replace([np.inf, -np.inf], np.nan).to_numpy())
            continue
        codes = pd.factorize(column, sort=False)[0].astype(float)
        codes[codes < 0] = np.nan
        if np.nanmax(codes, initial=0) < MOST_CATEGORIES:
            categorical.append(len(columns))
        columns.append(codes)
    return np.column_stack(columns), categorical
