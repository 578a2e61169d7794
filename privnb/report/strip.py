"""The four facts under the verdict: which model, which data, which attacker, which run."""

from dataclasses import dataclass

from privnb.report.facts import count
from privnb.report.record import Record
from privnb.report.sections.subject import attacker


@dataclass(frozen=True)
class Fact:
    """A label, the fact, and small lines beneath it."""

    label: str
    text: str
    lines: list[str]


def strip(record: Record) -> list[Fact]:
    """Model, data, attacker, run."""
    about = record.results.subject
    model, data = about.get("model", {}), about.get("data", {})
    release = record.variant(record.release)
    label = release.label if release and release.label else model.get("label", "unknown")
    who = {item.name: item.text for item in attacker(about)}
    train = data.get("parts", {}).get("train", {}).get("people")
    size = f"{count(data.get('people', 0))} people, {count(data.get('columns', 0))} columns"
    learnt = f"{count(train)} in training" if train else "training people unknown"
    parts = [f"profile {about.get('profile', 'default')}", f"seed {about.get('seed', 0)}"]
    version = record.run.get("versions", {}).get("privnb")
    return [
        Fact("Model", str(label), [f"{about.get('task', 'model')} of {about.get('target', 'the target')}"]),
        Fact("Data", str(data.get("name", "unknown")), [size, learnt]),
        Fact("Attacker", f"{who['access']}, {who['sees']}", [f"holds {who['holds']}"]),
        Fact("Run", record.when.strftime("%-d %B %Y"), [", ".join(parts), f"privnb {version}" if version else ""]),
    ]
