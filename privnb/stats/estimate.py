"""Estimate: a value with its interval and the number of independent people behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from scipy.special import ndtri, stdtrit


@dataclass(frozen=True)
class Estimate:
    """A value, the ends of its interval, and `n`, the number of independent people; unpacks in that order."""

    value: float
    low: float
    high: float
    n: int

    def __iter__(self) -> Iterator[float]:
        return iter((self.value, self.low, self.high, self.n))

    @classmethod
    def within(cls, value: float, low: float, high: float, n: int, floor: float = -inf, ceiling: float = inf):
        """The estimate with its interval cut to [floor, ceiling] and holding the value itself."""
        value = float(value)
        low, high = max(floor, min(float(low), value)), min(ceiling, max(float(high), value))
        return cls(value, low, high, int(n))


def unseen_share(people: float, level: float) -> float:
    """Share of people who could behave as none of `people` did: the upper Clopper-Pearson end at zero hits.

    At the 95 % level about 3.7 / people (the exact, two-sided "rule of three"; Hanley & Lippman-Hand 1983). It is the
    half-width of every interval whose sample shows no variation at all, so that none collapses to a point.
    """
    return 1.0 if people < 1 else 1.0 - ((1.0 - level) / 2.0) ** (1.0 / people)


def normal_quantile(level: float) -> float:
    """Half-width of a two-sided normal interval in standard errors."""
    return float(ndtri(0.5 + level / 2.0))


def student_quantile(level: float, freedom: float) -> float:
    """Half-width of a two-sided Student-t interval in standard errors; `freedom` need not be whole."""
    return float(stdtrit(freedom, 0.5 + level / 2.0))
