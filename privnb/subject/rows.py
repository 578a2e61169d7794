"""Rows: what the model sees, the label, and the columns that it never sees, kept together."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from privnb.subject.dictionary import Dictionary


@dataclass(frozen=True)
class Rows:
    """A table of records.

    `X` (n x d data frame) is what the model sees; `y` (n) the target; `context` (n x any) are row-aligned columns
    that no model sees, such as person, party or sensitive columns that are no features; `schema` is the data
    dictionary. `position` (n) are the row positions in the original table, the only name an individual ever has in an
    output.
    """

    X: pd.DataFrame
    y: np.ndarray
    context: pd.DataFrame
    schema: Dictionary
    position: np.ndarray = field(default=None)

    def __post_init__(self):
        if self.position is None:
            object.__setattr__(self, "position", np.arange(len(self.X)))
        if not len(self.X) == len(self.y) == len(self.context) == len(self.position):
            raise ValueError(f"rows differ in length: X {len(self.X)}, y {len(self.y)}, context {len(self.context)}")

    def __len__(self) -> int:
        return len(self.X)

    def take(self, index: np.ndarray) -> "Rows":
        """The rows at `index` (integer positions), in that order."""
        index = np.asarray(index)
        return Rows(
            self.X.iloc[index].reset_index(drop=True),
            self.y[index],
            self.context.iloc[index].reset_index(drop=True),
            self.schema,
            self.position[index],
        )

    @property
    def persons(self) -> np.ndarray:
        """Person of each row (n), as integer codes; a row is its own person where no person column is declared."""
        if "person" not in self.context:
            return self.position
        return self.context["person"].to_numpy()
