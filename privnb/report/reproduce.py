"""How a run was made and how it is repeated: spec text, versions, seed, costs."""

from dataclasses import dataclass

from privnb.report.parts import Item
from privnb.report.record import Record
from privnb.shown import count, seconds

_LINES = 62  # of the spec on the page; the whole file is attached


@dataclass(frozen=True)
class Reproduce:
    """Texts of the last section."""

    how: str
    spec: str
    more: str
    run: list[Item]
    host: list[Item]


def reproduce(record: Record) -> Reproduce:
    """The spec as it was given (its first 62 lines) and the facts of run.json."""
    lines = record.spec_text.expandtabs(2).splitlines()
    left = len(lines) - _LINES
    more = f"{left} more lines: the whole file is attached to the PDF." if left > 0 else ""
    how = (
        "Save the attached spec.yaml where its data files are and run “privnb run spec.yaml”. "
        "Seeds are derived from the spec, so the same "
        "versions and data give the same findings. The spec and the results are attached to the PDF of this sheet."
    )
    return Reproduce(how, "\n".join(lines[:_LINES]), more, _run(record), _host(record))


def _run(record: Record) -> list[Item]:
    run = record.run
    stages = run.get("stages", {})
    items = [Item("finished", record.when.strftime("%-d %B %Y, %H:%M UTC"))]
    if "wall_s" in run:
        items.append(Item("duration", seconds(run["wall_s"])))
    if run.get("peak_memory_bytes"):
        items.append(Item("peak memory", f"{count(run['peak_memory_bytes'] / 1e6)} MB"))
    if stages:
        executed = sum(bool(stage.get("executed")) for stage in stages.values())
        items.append(
            Item("stages", f"{count(executed)} executed, {count(len(stages) - executed)} taken from earlier runs")
        )
    items.append(Item("seed", str(record.results.subject.get("seed", 0))))
    items.append(Item("profile", str(record.results.subject.get("profile", "default"))))
    return items


def _host(record: Record) -> list[Item]:
    host, items = record.run.get("host", {}), []
    if host:
        cores = f", {count(host['cores'])} cores" if host.get("cores") else ""
        items.append(
            Item("machine", f"{host.get('platform', 'unknown')}{cores}, Python {host.get('python', 'unknown')}")
        )
    versions = [f"{name} {version}" for name, version in (record.run.get("versions") or {}).items()]
    items.append(Item("versions", ", ".join(versions) or "not recorded"))
    return items
