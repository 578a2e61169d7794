"""Writes docs/spec.md, docs/spec.schema.json and the flowcharts of the example: python docs/generate.py"""

import json
from pathlib import Path

from privnb.advisor import CHARTS
from privnb.figures.flowchart import flowchart_svg
from privnb.spec import json_schema, spec_model
from privnb.spec.reference import reference
from privnb.stages import advice_of, assessments, load_spec, mitigations

HERE = Path(__file__).parent
EXAMPLE = HERE.parent / "examples" / "adult.privacy.yaml"


def pages() -> dict[str, str]:
    """File name -> text."""
    schema = json_schema(assessments(), mitigations())
    plain = load_spec(EXAMPLE).spec.model_dump(mode="json", by_alias=True)
    charts = {f"advisor-{chart.tree}.svg": flowchart_svg(advice_of(plain), chart) for chart in CHARTS}
    return {
        **charts,
        "spec.md": reference(spec_model(assessments(), mitigations())),
        "spec.schema.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n",
    }


if __name__ == "__main__":
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
