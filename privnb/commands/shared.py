"""What several commands share: the argument SPEC, the option --json, and how examples stand in the help."""

import json
from pathlib import Path
from typing import Any

import click

SPEC = click.argument("spec", type=click.Path(path_type=Path))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def examples(*lines: str) -> str:
    """An epilog for a command's help: examples, a line each, never folded."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def print_json(value: Any) -> None:
    """Plain values as indented JSON on standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
