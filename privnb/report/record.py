"""A run folder as the report reads it: results, run facts, spec, digests, and the date that the sheet bears."""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pydantic

from privnb.errors import PrivnbError
from privnb.figures.look import Look, looks
from privnb.findings import SCHEMA, Finding, Results, StageStatus, VariantInfo
from privnb.gates import finding_for
from privnb.run.folder import RunFolder
from privnb.shown import Shown, shown

BROKEN = ("failed", "died", "timed_out")
_ENDED = {
    "failed": "failed", "died": "was killed", "timed_out": "ran out of time", "cancelled": "was cancelled",
    "skipped": "was skipped", "pending": "has not run", "not_requested": "was not requested in the spec",
    "not_applicable": "does not apply", "not_resolvable": "cannot be resolved",
}  # fmt: skip


@dataclass(frozen=True)
class Record:
    """Everything the sheet is made of; it reads nothing else."""

    results: Results
    run: dict[str, Any]
    spec_bytes: bytes
    results_bytes: bytes
    when: datetime

    @property
    def spec_text(self) -> str:
        """The spec as text."""
        return self.spec_bytes.decode("utf-8", "replace")

    @cached_property
    def spec_sha256(self) -> str:
        """The digest of spec.yaml as it lies in the folder."""
        return hashlib.sha256(self.spec_bytes).hexdigest()

    @cached_property
    def results_sha256(self) -> str:
        """The digest of results.json as it lies in the folder."""
        return hashlib.sha256(self.results_bytes).hexdigest()

    @cached_property
    def looks(self) -> dict[str, Look]:
        """Colour and stroke of each variant."""
        return looks(self.results.variants)

    @cached_property
    def small_cell(self) -> int:
        """Counts below this are not printed."""
        given = self.results.subject.get("small_cell")
        return 5 if given is None else int(given)

    @property
    def release(self) -> str:
        """The variant that page 1 judges."""
        return self.results.release

    def variant(self, id: str) -> VariantInfo | None:
        """The variant of that id."""
        return next((v for v in self.results.variants if v.id == id), None)

    def stages(self, name: str) -> list[StageStatus]:
        """All statuses of one stage, in the order of the plan."""
        return [s for s in self.results.stages if s.stage == name]

    def finding(self, id: str, variant: str | None, method: str | None = None) -> Finding | None:
        """The finding with a value on that variant (or on the table), or None."""
        if method is None:
            found = finding_for(id, variant, self.results.findings)
        else:
            found = self.results.find(id, variant, method)
        return found if found is not None and found.value is not None else None

    def shown(self, id: str, variant: str | None, method: str | None = None) -> Shown | None:
        """The same as text, or None."""
        found = self.finding(id, variant, method)
        return None if found is None else shown(found, self.small_cell)

    def facts(self, stage: str, variant: str | None) -> dict[str, Any]:
        """The plain facts a stage recorded on a variant, or {}."""
        return self.results.facts.get(f"{stage}/{variant or '-'}", {})

    def series(self, stage: str, variant: str | None) -> dict[str, dict[str, list[float]]]:
        """The curves a stage recorded on a variant, by name."""
        head = f"{stage}/{variant or '-'}/"
        return {key[len(head) :]: value for key, value in self.results.series.items() if key.startswith(head)}

    def why_not(self, stage: str, variant: str | None, fact_id: str | None = None) -> str:
        """Why a stage has no value on a variant, in one short sentence without a full stop."""
        found = finding_for(fact_id, variant, self.results.findings) if fact_id else None
        if found is not None and found.value is None and found.reason:
            return found.reason
        status = next((s for s in self.stages(stage) if s.variant in (variant, None)), None)
        if status is None:
            return "not requested in the spec" if _built(stage) else "not part of this version of privnb"
        if status.status in ("ok", "inherited"):
            return "not measured by this version of privnb"
        if status.status in ("not_applicable", "not_requested", "not_resolvable") and status.reason:
            return status.reason
        return f"the stage {_ENDED[status.status]}" + (f": {status.reason}" if status.reason else "")


def read_record(root: Path) -> Record:
    """Read a run folder. Raises PrivnbError that names the file which is missing, broken or of another version."""
    folder = RunFolder(Path(root))
    texts = {path.name: _read(path) for path in (folder.results, folder.run, folder.spec)}
    raw = _json(folder.results, texts["results.json"])
    version = raw.get("schema") if isinstance(raw, dict) else None
    if version != SCHEMA:
        raise PrivnbError(f"{folder.results} has schema {version}; this version of privnb reads {SCHEMA}: run it again")
    try:
        results = Results.model_validate(raw)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise PrivnbError(f"{folder.results} is damaged at {place}: {first['msg']}; run it again") from error
    run = _json(folder.run, texts["run.json"])
    return Record(
        results=results,
        run=run,
        spec_bytes=texts["spec.yaml"],
        results_bytes=texts["results.json"],
        when=_date(folder.run, run),
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PrivnbError(f"{path} cannot be read ({error.strerror}); a report needs a finished run folder") from error


def _json(path: Path, text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise PrivnbError(f"{path} is not JSON ({error}); run it again") from error


def _date(path: Path, run: dict[str, Any]) -> datetime:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdecimal():
        return datetime.fromtimestamp(int(epoch), UTC)
    try:
        when = datetime.fromisoformat(str(run["finished"]))
    except (KeyError, ValueError) as error:
        raise PrivnbError(f"{path} has no readable date 'finished' (ISO 8601, UTC); run it again") from error
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


def _built(stage: str) -> bool:
    return (Path(__file__).parent.parent / "stages" / f"{stage}.py").is_file()
