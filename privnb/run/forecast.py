"""How long the rest of a run will take, from what the same stages cost before."""

import statistics
from collections.abc import Mapping


def remaining_seconds(waiting: Mapping[str, float], costs: Mapping[str, float], jobs: int) -> float | None:
    """Seconds until the last stage ends, or None where nothing is known.

    `waiting` maps the stages that have not ended to the seconds they have been running (0 for one that waits), `costs`
    the stages that ran in this folder to their seconds. A stage without a cost of its own is taken to cost the median
    of its kind (the part of its id before `--`). At best `jobs` stages run at once.
    """
    known: dict[str, list[float]] = {}
    for id, seconds in costs.items():
        known.setdefault(_kind(id), []).append(seconds)
    total, longest = 0.0, 0.0
    for id, running in waiting.items():
        kind = known.get(_kind(id))
        if id not in costs and not kind:
            return None
        left = max(0.0, (costs[id] if id in costs else statistics.median(kind)) - running)
        total, longest = total + left, max(longest, left)
    return max(total / max(jobs, 1), longest)


def _kind(id: str) -> str:
    return id.partition("--")[0]
