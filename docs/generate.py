"""Writes docs/spec.md and docs/spec.schema.json from the tree that reads specs: python docs/generate.py"""

import json
from pathlib import Path

from privnb.spec import json_schema, spec_model
from privnb.spec.reference import reference
from privnb.stages import assessments, mitigations

HERE = Path(__file__).parent


def pages() -> dict[str, str]:
    """File name -> text."""
    schema = json_schema(assessments(), mitigations())
    return {
        "spec.md": reference(spec_model(assessments(), mitigations())),
        "spec.schema.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n",
    }


if __name__ == "__main__":
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
