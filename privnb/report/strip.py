"""The four facts under the verdict: which model, which data, which attacker, which run."""

from dataclasses import dataclass

from privnb.report.record import Record
from privnb.report.sections.subject import attacker
from privnb.shown import count


@dataclass(frozen=True)
class Fact:
    """A label, the fact, and small lines beneath it."""

    label: str
    text: str
    lines: list[str]


def strip(record: Record) -> list[Fact]:
    """Model, data, attacker, run."""
    about = record.results.subject
    data, who = about.get("data") or {}, {item.name: item.text for item in attacker(about)}
    train = (data.get("parts") or {}).get("train", {}).get("people")
    size = f"{count(data.get('people') or 0)} people, {count(data.get('columns') or 0)} columns"
    learnt = f"{count(train, record.small_cell)} in training" if train else "training people unknown"
    name = str(data.get("name") or "unknown").rpartition("/")[2]
    run = [f"profile {about.get('profile') or 'default'}, seed {about.get('seed') or 0}"]
    version = str((record.run.get("versions") or {}).get("privnb", ""))
    run += [f"privnb {version}"] if version[:1].isdigit() else []
    return [
        _model(record, about),
        Fact("Data", name, [size, learnt]),
        Fact("Attacker", f"{who['access']}, {who['sees']}", [f"holds {who['holds']}"]),
        Fact("Run", record.when.strftime("%-d %B %Y"), run),
    ]


def _model(record: Record, about: dict) -> Fact:
    """The release by its own label; a variant is named with what it was built on."""
    label = str((about.get("model") or {}).get("label") or "unknown model")
    task = f"{about.get('task') or 'model'} of {about.get('target') or 'the target'}"
    release = record.variant(record.release)
    if release is None or release.kind == "baseline":
        return Fact("Model", label, [task])
    return Fact("Model", f"{release.id}: {release.label}" if release.label else release.id, [f"from {label}", task])
