"""Every key of three full specs, mistyped by one or two letters: all are located exactly, nearly all are recognised."""

import random
import re
import string

import pytest


def mistyped(word: str, letters: int, rng: random.Random) -> str:
    """`word` with that many single-letter slips: replaced, dropped, doubled or swapped."""
    while True:
        slipped = word
        for _ in range(letters):
            slipped = slip(slipped, rng)
        if slipped != word and re.fullmatch("[a-z][a-z0-9_]*", slipped) and slipped not in {"null", "true", "false"}:
            return slipped


def slip(word: str, rng: random.Random) -> str:
    place = rng.randrange(len(word))
    kind = rng.choice(["replace", "drop", "insert", "swap"])
    if kind == "replace":
        return word[:place] + rng.choice(string.ascii_lowercase) + word[place + 1 :]
    if kind == "drop" and len(word) > 1:
        return word[:place] + word[place + 1 :]
    if kind == "insert":
        return word[:place] + rng.choice(string.ascii_lowercase) + word[place:]
    return word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :] if place else word


def keys_of_the_language(language, text):
    """Paths and positions of the keys that the language defines (not the free ones of estimator parameters)."""
    found = language.read(text).key_source.items()
    return [(path, position) for path, position in found if "params" not in path[:-1]]


@pytest.mark.parametrize("letters", [1, 2])
def test_typos_in_keys(language, examples, letters):
    rng = random.Random(letters)
    tried = located = suggested = alone = 0
    missed = []
    for text in examples.values():
        lines = text.splitlines()
        siblings = {path for path, _ in keys_of_the_language(language, text)}
        for path, (line, column) in keys_of_the_language(language, text):
            key = path[-1]
            if len(key) <= letters:  # nothing of the key would be left to recognise
                continue
            for _ in range(4):
                wrong = mistyped(key, letters, rng)
                if (*path[:-1], wrong) in siblings:
                    continue
                start = lines[line - 1]
                changed = [*lines]
                changed[line - 1] = start[: column - 1] + wrong + start[column - 1 + len(key) :]
                problems = language.problems("\n".join(changed) + "\n")
                tried += 1
                located += any(problem.startswith(f"s.yaml:{line}:{column}: unknown ") for problem in problems)
                right = any(f"'{wrong}'; did you mean '{key}'?" in problem for problem in problems)
                suggested += right
                alone += right and len(problems) == 1
                if not right:
                    missed.append((wrong, key, problems[:1]))
    assert tried > 250
    assert located == tried
    assert suggested >= 0.95 * tried, missed
    assert alone == suggested, "a recognised typo must not bring other complaints with it"
