"""`privnb advise`: what to assess and what to protect with, why, and which answer would change it."""

from pathlib import Path

import click

from privnb.commands.shared import AS_JSON, SPEC, examples, print_json
from privnb.errors import FolderError


def _offered(context, parameter, incomplete: str) -> list[str]:
    from privnb.advisor import ASKED

    offers = [f"{asked.key}={choice}" for asked in ASKED for choice in asked.choices]
    return [offer for offer in offers if offer.startswith(incomplete)]


@click.command(
    epilog=examples(
        "privnb advise patients.privacy.yaml",
        "privnb advise patients.privacy.yaml --answer membership_harms=no --answer updates=yes",
        "privnb advise patients.privacy.yaml --svg advice.svg",
    )
)
@SPEC
@click.option(
    "--answer", "given", multiple=True, metavar="KEY=VALUE", shell_complete=_offered,
    help="Answer a question; can be repeated.",
)  # fmt: skip
@click.option(
    "--svg", type=click.Path(path_type=Path, dir_okay=False),
    help="Also draw the two flowcharts with the path taken: FILE, and FILE with -tools for the second.",
)  # fmt: skip
@AS_JSON
def advise(spec: Path, given: tuple[str, ...], svg: Path | None, as_json: bool) -> None:
    """Advise on SPEC: what to assess, what to protect with, and why.

    Each choice names the answers that would change it; questions that nobody has answered are listed.
    """
    from privnb.console.advice import show_advice
    from privnb.stages import advice_of, load_spec

    answers = dict(_pair(text) for text in given)
    plain = load_spec(spec).spec.model_dump(mode="json", by_alias=True)
    advice = advice_of(plain, answers)
    if as_json:
        print_json(advice.as_plain())
    else:
        show_advice(advice)
    if svg is not None:
        _draw(advice, svg, quiet=as_json)


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign:
        raise click.UsageError(f"--answer is KEY=VALUE, such as updates=yes; got {text!r}")
    return key.strip(), value.strip()


def _draw(advice, path: Path, quiet: bool) -> None:
    from privnb.advisor import CHARTS
    from privnb.figures.flowchart import flowchart_svg

    for chart in CHARTS:
        place = path if chart.tree == "assessments" else path.with_stem(f"{path.stem}-tools")
        try:
            place.write_text(flowchart_svg(advice, chart), encoding="utf-8")
        except OSError as error:
            raise FolderError(f"{place} cannot be written: {(error.strerror or str(error)).lower()}") from None
        if not quiet:
            click.echo(place)
