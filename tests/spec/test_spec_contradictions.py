"""Where two places of a spec contradict each other, the message stands at one and names the other."""

import pytest

from privnb.spec import spec_problems

BASE = """\
privnb: 1
model: {train: sklearn.linear_model.LogisticRegression}
data:
  builtin: adult
  target: income
"""

TABLE = [
    ("  quasi_identifiers: [age, income]\n", "6:28: 'income' is data.target (5:3) and cannot be in"),
    ("  identifiers: [income]\n", "6:17: 'income' is data.target (5:3) and cannot be in data.identifiers"),
    ("  person_id: income\n", "6:14: 'income' is data.target (5:3) and cannot be data.person_id"),
    (
        "  identifiers: [age, sex]\n  quasi_identifiers: [race, sex]\n",
        "7:29: 'sex' is in data.identifiers (6:22) and here; keep one",
    ),
    ("  path: a.csv\n", "6:3: data has builtin and path; ", "; 'builtin' stands at 4:3"),
    ("gates: [{metric: membership.auc, max: 1, min: 0}]\n", "6:42: the gate on ", "; 'max' stands at 6:34"),
    ("gates: [{metric: membership.auc, max: 1, use: lower}]\n", "6:42: gates.use is 'lower'", "'max' stands at 6:34"),
    (
        "mitigations: [{id: a, regularize: {l2: 1}}, {id: a, regularize: {l2: 2}}]\n",
        "6:50: mitigations: the id 'a' comes twice; it first stands at 6:20",
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=range(len(TABLE)))
def test_both_places_are_named(language, row):
    added, start, *end = row
    (problem,) = language.problems(BASE + added)
    assert problem.startswith(f"s.yaml:{start}") and problem.endswith(end[0] if end else problem[-1])


def test_two_models(language):
    text = BASE.replace("LogisticRegression}", "LogisticRegression, factory: a.b:c}")
    (problem,) = language.problems(text)
    assert problem.startswith("s.yaml:2:57: model has train and factory; ")
    assert problem.endswith("; 'train' stands at 2:9")


def test_training_of_a_model_that_is_only_a_file(language, tmp_path):
    (tmp_path / "m.skops").write_bytes(b"PK")
    (tmp_path / "a.csv").write_text("age,income\n1,2\n")
    (tmp_path / "b.csv").write_text("age,income\n1,2\n")
    params = language.assessments["utility"]
    text = "privnb: 1\nmodel: {file: m.skops}\ndata: {path: a.csv, target: income}\nmitigations: [{id: p, dp: {}}]\n"
    (problem,) = spec_problems(text, "s", tmp_path, {}, {"dp": params}, [])
    assert (problem.line, problem.column) == (4, 23)
    assert problem.message.startswith("dp trains a model, but model.file (2:9) is trained already")
    for mended in (
        text.replace("path: a.csv", "train: a.csv, holdout: b.csv"),
        text.replace("{file: m.skops}", "{train: sklearn.linear_model.LogisticRegression}"),
    ):
        assert spec_problems(mended, "s", tmp_path, {}, {"dp": params}, []) == []


def test_a_corpus_of_mutated_specs_is_located_exactly(language, examples):
    """Each value of three full specs in turn replaced by what it cannot be: named at its own line and column."""
    tried, missed = 0, []
    for text in examples.values():
        lines = text.splitlines()
        found = language.read(text)
        plain = found.spec.model_dump(mode="json", by_alias=True)
        for path, (line, column) in found.source.items():
            value = _at(plain, path)
            if isinstance(value, (dict, list)) or value is None or "params" in path[:-1]:
                continue
            start = lines[line - 1][column - 1 :]
            written = _scalar(start)
            changed = [*lines]
            changed[line - 1] = lines[line - 1][: column - 1] + "{x: 1}" + start[len(written) :]
            problems = language.problems("\n".join(changed) + "\n")
            tried += 1
            if not any(problem.startswith(f"s.yaml:{line}:{column}: ") for problem in problems):
                missed.append((path, problems))
    assert tried >= 60
    assert not missed


def _at(plain, path):
    for step in path:
        if isinstance(plain, dict) and step not in plain:
            return None
        plain = plain[step]
    return plain


def _scalar(text):
    """The scalar that a line's rest begins with."""
    if text.startswith('"'):
        return text[: text.index('"', 1) + 1]
    end = next((n for n, letter in enumerate(text) if letter in ",]}"), len(text))
    return text[:end].rstrip()
