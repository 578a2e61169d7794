"""What is left of a run, from what its stages cost before."""

import pytest

from privnb.run.forecast import remaining_seconds

COSTS = {"membership--baseline": 10.0, "utility--baseline": 2.0, "utility--leaf50": 4.0}


@pytest.mark.parametrize(
    ("waiting", "jobs", "expected"),
    [
        ({}, 2, 0.0),
        ({"membership--baseline": 0.0}, 1, 10.0),
        ({"membership--baseline": 4.0}, 1, 6.0),
        ({"membership--baseline": 40.0}, 1, 0.0),
        ({"membership--baseline": 0.0, "utility--baseline": 0.0}, 1, 12.0),
        ({"membership--baseline": 0.0, "utility--baseline": 0.0}, 2, 10.0),  # never less than the longest stage
        ({"utility--linear": 0.0}, 1, 3.0),  # the median of its kind
        ({"dp--dp1": 0.0, "utility--baseline": 0.0}, 1, None),  # nothing is known of its kind
    ],
)
def test_remaining_seconds(waiting, jobs, expected):
    assert remaining_seconds(waiting, COSTS, jobs) == expected
