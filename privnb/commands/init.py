"""`privnb init`: a few questions, then a commented spec, its schema for editors, and a data dictionary to confirm."""

import json
from dataclasses import replace
from os.path import relpath
from pathlib import Path

import click

from privnb.commands.asking import ask_column, ask_columns
from privnb.commands.shared import examples
from privnb.errors import FolderError, PrivnbError

ENDING = ".privacy.yaml"
_FOREST = {"classification": "RandomForestClassifier", "regression": "RandomForestRegressor"}
_PATH = click.Path(path_type=Path, dir_okay=False)


@click.command(
    epilog=examples(
        "privnb init --data patients.csv",
        "privnb init --data patients.csv --yes",
        "privnb init --from-model model.skops --train a.csv --holdout b.csv --yes",
    )
)
@click.argument("file", type=_PATH, required=False)
@click.option("--data", type=_PATH, help="The table: .csv or .parquet.")
@click.option("--from-model", "model", type=_PATH, help="A model that is already trained (with --train, --holdout).")
@click.option("--train", type=_PATH, help="The rows that it was trained on.")
@click.option("--holdout", type=_PATH, help="Rows of other people.")
@click.option("--target", help="The column that the model predicts.")
@click.option("--trust", is_flag=True, help="The model file may run code here: needed for .joblib and .pkl.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing; what is guessed is marked as a guess.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
def init(
    file: Path | None, data: Path | None, model: Path | None, train: Path | None, holdout: Path | None,
    target: str | None, trust: bool, yes: bool, force: bool,
) -> None:  # fmt: skip
    """Write a commented spec to FILE (default: named after the table), after a few questions.

    Without a table, the spec is for the embedded census of 1994.
    """
    _fitting(data, model, train, holdout, trust)
    table = train or data
    file = file or Path(f"{table.stem if table else 'adult'}{ENDING}")
    start, dictionary = _of_table(file, table, model, holdout, target, trust, yes) if table else (_embedded(), None)
    from privnb.starter import SCHEMA, spec_text

    written = {file: spec_text(start)}
    if dictionary:
        written[file.parent / start.dictionary] = dictionary
    there = [str(path) for path in written if path.exists()]
    if there and not force:
        raise PrivnbError(f"already there: {' and '.join(there)}; give another FILE, or --force to write over")
    if force or not (file.parent / SCHEMA).exists():
        written[file.parent / SCHEMA] = _schema()
    for path, text in written.items():
        _write(path, text)
        click.echo(path)
    click.echo(f"next: privnb check {file}, then privnb advise {file}", err=True)


def _fitting(data, model, train, holdout, trust) -> None:
    if (train is None) != (holdout is None):
        raise click.UsageError("--train and --holdout go together")
    if data is not None and train is not None:
        raise click.UsageError("give --data, or --train and --holdout")
    if model is not None and data is None and train is None:
        raise click.UsageError("--from-model needs --train and --holdout: who was in its training, and who was not")
    if trust and model is None:
        raise click.UsageError("--trust goes with --from-model")


def _of_table(file, table, model, holdout, target, trust, yes):
    """(what the spec says, the dictionary's text), with the paths relative to the spec."""
    from privnb.spec.check_model import RUNS_CODE
    from privnb.starter import Start, dictionary_text, guess, task_of
    from privnb.subject.tables import read_table, require_columns

    frame = read_table(table)
    if target:
        require_columns(frame, [target], "--target")
    for path in filter(None, (model, holdout)):
        if not path.is_file():
            raise PrivnbError(f"there is no file {path}")
    if model and model.suffix in RUNS_CODE and not trust:
        raise PrivnbError(f"loading {model.name} runs the code in it; if you made it, add --trust")
    found = guess(frame, target)
    start = Start(
        name=table.stem.replace("_", " ").replace("-", " ").strip().capitalize() or "Assessment",
        source={"train": _from(file, table), "holdout": _from(file, holdout)}
        if holdout
        else {"path": _from(file, table)},
        target=found.target,
        model={},
        sensitive=found.sensitive,
        quasi_identifiers=found.quasi_identifiers,
        identifiers=found.identifiers,
        person_id=found.person_id,
        dictionary=f"{table.stem}.dictionary.yaml",
        guessed=frozenset(
            {"sensitive", "quasi_identifiers", "identifiers", "person_id"} | ({"target"} - {target and "target"})
        ),
    )
    if not yes:
        try:
            start = _asked(start, frame, target)
        except click.Abort:
            raise PrivnbError("not answered, so nothing is written; --yes takes the guesses") from None
    if model:
        start = replace(start, model={"file": _from(file, model), **({"trust": True} if trust else {})})
    else:
        kind = _FOREST[task_of(frame[start.target])]
        train = {"estimator": f"sklearn.ensemble.{kind}"}
        start = replace(start, model={"train": train}, guessed=start.guessed | {"model"})
    names = [*start.identifiers, *([start.person_id] if start.person_id else [])]
    return start, dictionary_text(frame, names)


def _asked(start, frame, target):
    """The start with the guesses confirmed or corrected; nothing of what was asked is a guess any more."""
    columns = list(frame.columns)
    click.echo(f"columns: {', '.join(columns)}\n(Tab completes, Enter takes what stands in brackets, - means none)")
    target = target or ask_column("target, the column that the model predicts", columns, start.target)
    rest = [name for name in columns if name != target]

    def of(key: str) -> list[str]:
        return [name for name in getattr(start, key) if name != target]

    identifiers = ask_columns("identifiers, which name a person", rest, of("identifiers"))
    person = start.person_id if start.person_id != target else None
    return replace(
        start,
        target=target,
        identifiers=identifiers,
        person_id=ask_column("person_id, whose row it is where people have several", rest, person, none=True),
        sensitive=ask_columns("sensitive, which nobody should be able to infer", rest, of("sensitive")),
        quasi_identifiers=ask_columns(
            "quasi-identifiers, which an outsider may know", [name for name in rest if name not in identifiers],
            [name for name in of("quasi_identifiers") if name not in identifiers],
        ),
        release=click.prompt(
            "release, where the model will be used",
            type=click.Choice(["internal", "partners", "public-api", "open-weights"]), default="public-api",
        ),
        guessed=frozenset(),
    )  # fmt: skip


def _embedded():
    from privnb.starter import Start

    return Start(
        name="Adult income",
        source={"builtin": "adult"},
        target="income",
        model={"train": {"estimator": "sklearn.ensemble.RandomForestClassifier", "params": {"min_samples_leaf": 5}}},
        sensitive=["race", "sex"],
        quasi_identifiers=["age", "education", "marital-status", "race", "sex", "native-country"],
    )


def _from(file: Path, path: Path) -> str:
    return Path(relpath(path, file.parent)).as_posix()


def _schema() -> str:
    from privnb.spec import json_schema
    from privnb.stages import assessments, mitigations

    return json.dumps(json_schema(assessments(), mitigations()), ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FolderError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None
