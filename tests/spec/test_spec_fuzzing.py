"""Whatever is done to a spec, reading it ends in a spec or in plain problems, and soon."""

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privnb.stages import assessments, facts, mitigations, stages

PIECES = (
    "{", "}", "[", "]", ":", ": ", "- ", ",", "\n", "\n  ", "\n    ", "'", '"', "#", "&a ", "*a", "!!x ", "? ",
    "|\n", ">\n", "---\n", "%YAML 1.1\n", "<<: ", "\t", "\0", "\ufeff", "é", "\U0001f600", "null", "true", "no",
    "1e999", "-0", ".5", "~", "auto", "membership", "regularize", "mitigations: auto\n", "assess: auto\n",
    "gates:\n", "answers: {updates: yes}\n", "id", "from", "baseline", "params", "{}", "[]", "adult", "income",
    "a.csv", "9" * 400, "[" * 60, "a: " * 30,
)  # fmt: skip


def mutated(text: str, edits: list[tuple[int, int, str]]) -> str:
    """The text with pieces cut out and put in, places and lengths taken modulo what is there."""
    for place, length, piece in edits:
        start = place % (len(text) + 1)
        text = text[:start] + piece + text[start + length :]
    return text


def read(text: str) -> list:
    """The problems of a text, read as the command line reads it."""
    from privnb.spec import spec_problems
    from privnb.stages import chosen_mitigations

    always = [name for name, stage in stages().items() if stage.meta.always]
    return spec_problems(
        text, "s.yaml", ".", assessments(), mitigations(), facts(), always=always, advisor=chosen_mitigations
    )


def plain(problems) -> bool:
    return all(p.line >= 1 and p.column >= 1 and p.message and "\n" not in p.message for p in problems)


edits = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(0, 12), st.sampled_from(PIECES) | st.text(max_size=4)), max_size=6
)
EVERY = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=150, deadline=1000, suppress_health_check=EVERY)
@given(st.sampled_from(["tabular", "regression", "factory"]), edits)
def test_edited_specs_are_read_to_an_end(examples, name, changes):
    assert plain(read(mutated(examples[name], changes)))


@pytest.mark.slow
@settings(max_examples=15_000, deadline=1000, suppress_health_check=EVERY)
@given(st.sampled_from(["tabular", "regression", "factory"]), edits)
def test_many_edited_specs_are_read_to_an_end(examples, name, changes):
    assert plain(read(mutated(examples[name], changes)))


@pytest.mark.slow
def test_five_minutes_of_blind_edits(examples):
    draw, end, slowest, count = random.Random(0), time.monotonic() + 300, 0.0, 0
    texts = list(examples.values())
    while time.monotonic() < end:
        text = mutated(
            draw.choice(texts) * draw.choice([1, 1, 1, 4]),
            [
                (draw.randrange(4000), draw.choice([0, 0, 1, 5, 40]), draw.choice(PIECES))
                for _ in range(draw.randrange(1, 12))
            ],
        )
        start = time.perf_counter()
        assert plain(read(text)), text
        slowest, count = max(slowest, time.perf_counter() - start), count + 1
    assert count > 1000 and slowest < 1
