"""Puts together what the stages left in the store: results.json, free of any clock."""

from collections.abc import Mapping

from privnb.findings import Results, StageStatus
from privnb.gates import judge
from privnb.plan import Plan
from privnb.run.store import StageRecord
from privnb.subject.digests import controller_secret, keyed_digest


def collect(loaded, plan: Plan, records: Mapping[str, StageRecord], ended: Mapping[str, StageStatus]) -> Results:
    """Results of a run.

    `records` are the finished stages by node id, `ended` how every node of the plan ended. Gates are judged here.
    """
    spec = loaded.spec
    findings, series, tables, facts = [], {}, {}, {}
    for node in plan.nodes:
        record = records.get(node.id)
        if record is None:
            continue
        place = f"{node.stage}/{node.variant or '-'}"
        findings += record.result.findings
        facts[place] = dict(record.result.facts)
        series.update({f"{place}/{name}": curve for name, curve in record.result.series.items()})
        tables.update({f"{place}/{name}": table for name, table in record.result.tables.items()})
    statuses = [ended[node.id] for node in plan.nodes] + list(plan.left_out)
    release = spec.release or "baseline"
    return Results(
        spec=loaded.spec.model_dump(mode="json", by_alias=True),
        subject=_subject(loaded, plan, facts.get("subject/baseline", {})),
        variants=list(plan.variants),
        stages=statuses,
        findings=findings,
        series=series,
        tables=tables,
        facts=facts,
        gates=judge(spec.gates, findings, release, statuses),
        release=release,
    )


def _subject(loaded, plan: Plan, known: Mapping) -> dict:
    """What was assessed, as the sheet needs it; what the subject stage did not find out is None."""
    spec = loaded.spec
    secret = controller_secret()
    threat = spec.threat_model
    source = spec.data.builtin or spec.data.path or spec.data.train
    return {
        "title": spec.report.title or spec.name,
        "name": spec.name,
        "task": known.get("task"),
        "target": spec.data.target,
        "model": {
            "label": known.get("model"),
            "origin": "file" if spec.model.file else "factory" if spec.model.factory else "train",
            "estimator": spec.model.train.estimator if spec.model.train else spec.model.factory or spec.model.file,
            "params": dict(spec.model.train.params) if spec.model.train else {},
            "digest": keyed_digest(plan.node("subject--baseline").key.encode(), secret) if secret else None,
        },
        "data": {
            "name": source,
            "source": known.get("source"),
            "licence": known.get("licence"),
            "rows": known.get("rows"),
            "people": known.get("people"),
            "columns": known.get("columns"),
            "membership": known.get("membership"),
            "parts": known.get("parts", {}),
            "set_aside_rows": known.get("set_aside_rows", 0),
            "digest": keyed_digest(plan.data_key.encode(), secret) if secret else None,
        },
        "sensitive": list(spec.data.sensitive),
        "quasi_identifiers": list(spec.data.quasi_identifiers),
        "attacker": {
            **threat.model_dump(mode="json", exclude={"release"}),
            "outputs": known.get("answers", threat.outputs) if threat.outputs == "probabilities" else threat.outputs,
        },
        "release_kind": threat.release,
        "profile": spec.profile,
        "seed": spec.seed,
        "declared": spec.declared.model_dump(mode="json") if spec.declared else {},
        "small_cell": spec.report.small_cell,
    }
