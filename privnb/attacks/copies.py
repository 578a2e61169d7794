"""Copies: rows outside the training data that are equal to a training row in every feature and the label."""

import numpy as np
import pandas as pd

from privnb.subject.rows import Rows


def row_keys(rows: Rows) -> np.ndarray:
    """One 64-bit key a row (n), equal for rows that agree in all features and the label."""
    frame = rows.X.copy()
    frame.columns = [f"x{i}" for i in range(frame.shape[1])]
    frame["y"] = rows.y
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].astype(object).where(frame[name].notna(), None).map(repr)
        else:
            frame[name] = frame[name].astype(float) + 0.0
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()


def copied_rows(members: Rows, non_members: Rows) -> np.ndarray:
    """Which non-members (bool) are copies of a member; for them membership means nothing."""
    return np.isin(row_keys(non_members), row_keys(members))
