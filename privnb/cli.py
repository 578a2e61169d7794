"""The command line: its commands in the order of their use, and how mistakes end."""

import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from privnb import __version__, commands
from privnb.commands.shared import AS_JSON, examples, print_json
from privnb.errors import FolderError, PrivnbError, SpecError

INTERRUPTED = 130
_SPEC = click.argument("spec", type=click.Path(path_type=Path))
_PROFILE = click.option(
    "--profile", type=click.Choice(["quick", "standard", "thorough"]), help="Use this profile instead of the spec's."
)


_QUIET = click.option("--quiet", "-q", is_flag=True, help="No progress: only what is not well, and the documents.")
_VERBOSE = click.option("--verbose", "-v", is_flag=True, help="Plain lines of progress, cells and units included.")


class _Commands(click.Group):
    """Commands in the order of their use; user's mistakes end in one plain line each and exit code 2."""

    def list_commands(self, context):
        """In the order in which they were added."""
        return list(self.commands)

    def invoke(self, context):
        """Run a command; turn errors into messages and exit codes."""
        try:
            return super().invoke(context)
        except SpecError as error:
            click.echo(str(error), err=True)
            context.exit(error.exit_code)
        except PrivnbError as error:
            click.echo(f"privnb: {error}", err=True)
            context.exit(error.exit_code)
        except OSError as error:
            click.echo(f"privnb: {error.filename or 'the disk'}: {(error.strerror or str(error)).lower()}", err=True)
            context.exit(FolderError.exit_code)
        except KeyboardInterrupt:
            click.echo("privnb: interrupted; what was finished is kept, run the same command again to go on", err=True)
            context.exit(INTERRUPTED)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="privnb")
def main() -> None:
    """Privacy evidence for machine-learning models: one YAML in, a privacy fact sheet out.

    Exit codes: 0 all gates pass; 1 a gate fails or is inconclusive; 2 the spec or the call is wrong; 3 a stage
    failed or a gated metric was not assessed; 130 interrupted.
    """


main.add_command(commands.init)


@main.command(epilog=examples("privnb check patients.privacy.yaml", "privnb check patients.privacy.yaml --json"))
@_SPEC
@AS_JSON
def check(spec: Path, as_json: bool) -> None:
    """Validate SPEC; every mistake with file, line and column."""
    from privnb.stages import load_spec

    if as_json:
        _check_json(spec)
    loaded = load_spec(spec)
    counts = {"mitigation": len(loaded.spec.mitigations), "gate": len(loaded.spec.gates)}
    words = ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for word, number in counts.items())
    click.echo(f"{spec}: valid ({words})")


main.add_command(commands.advise)


@main.command(epilog=examples("privnb explain patients.privacy.yaml --profile thorough"))
@_SPEC
@_PROFILE
@AS_JSON
def explain(spec: Path, profile: str | None, as_json: bool) -> None:
    """Show the effective SPEC: every value, and whether it comes from the file, the profile or a default."""
    from privnb.console import plain_explained, show_explained
    from privnb.plan import explain
    from privnb.stages import load_spec

    lines = explain(load_spec(spec, profile))
    print_json(plain_explained(lines)) if as_json else show_explained(lines)


@main.command(epilog=examples("privnb plan patients.privacy.yaml", "privnb plan patients.privacy.yaml --json"))
@_SPEC
@click.option("--out", type=click.Path(path_type=Path), help="Run folder whose finished stages count.")
@_PROFILE
@AS_JSON
def plan(spec: Path, out: Path | None, profile: str | None, as_json: bool) -> None:
    """Show the stages of SPEC, what is finished already, and what they cost the last time."""
    from privnb.console import plain_plan, show_plan
    from privnb.plan import build_plan
    from privnb.run.execute import run_folder
    from privnb.stages import advice_of, load_spec

    loaded = load_spec(spec, profile)
    warnings = advice_of(loaded.spec.model_dump(mode="json", by_alias=True)).warnings
    shown = build_plan(loaded), run_folder(loaded.spec.name, out), warnings
    print_json(plain_plan(*shown)) if as_json else show_plan(*shown)


@main.command(
    epilog=examples(
        "privnb run patients.privacy.yaml",
        "privnb run patients.privacy.yaml --profile quick --only membership",
        "privnb run first.privacy.yaml second.privacy.yaml --jobs 4 --max-memory 2GB",
    )
)
@click.argument("spec", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Run folder (default: reports/<name of the spec>); with one SPEC.",
)
@_PROFILE
@click.option("--jobs", type=click.IntRange(1), help="Notebooks and units at once (default: the cores).")
@click.option("--backend", default="threads", show_default=True, help="Where units run: threads, loky or dask:ADDRESS.")
@click.option("--max-memory", metavar="SIZE", help="Limit of each notebook with its workers, such as 2GB.")
@click.option("--timeout", type=click.FloatRange(min=1), metavar="SECONDS", help="Limit of each stage.")
@click.option("--only", multiple=True, metavar="STAGE", help="Run this stage and what it needs; can be repeated.")
@click.option("--fresh", is_flag=True, help="Forget what was finished and start over.")
@_QUIET
@_VERBOSE
def run(
    spec: tuple[Path, ...],
    out: Path | None,
    profile: str | None,
    jobs: int | None,
    backend: str,
    max_memory: str | None,
    timeout: float | None,
    only: tuple[str, ...],
    fresh: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Run SPEC: attacks, mitigations, attacks again, and the fact sheet. Finished stages are not run again.

    Several specs are run one after the other, each in its own folder; the exit code is that of the worst.
    """
    if out is not None and len(spec) > 1:
        raise click.UsageError("--out goes with one spec; several have a folder each below reports/")
    from privnb.run.options import RunOptions, bytes_of

    options = RunOptions(jobs, backend, bytes_of(max_memory) if max_memory else None, timeout)
    _run(spec, out, (quiet, verbose), profile=profile, options=options, only=only, fresh=fresh)


@main.command()
@click.argument("run_folder", type=click.Path(path_type=Path))
def watch(run_folder: Path) -> None:
    """Follow a run that another process does in RUN_FOLDER; exits with its exit code."""
    from privnb.console import watch_run
    from privnb.run.folder import RunFolder

    state = watch_run(RunFolder(run_folder))
    click.echo(state.last)
    sys.exit(INTERRUPTED if state.exit_code is None else state.exit_code)


@main.command()
@click.argument("run_folder", type=click.Path(path_type=Path))
def cancel(run_folder: Path) -> None:
    """Cancel the run that another process does in RUN_FOLDER; what was finished is kept."""
    from privnb.run.folder import RunFolder
    from privnb.run.stopping import cancel_run

    click.echo(cancel_run(RunFolder(run_folder)))


@main.command()
@click.option("--out", type=click.Path(path_type=Path), help="Run folder (default: reports/adult-income).")
@_QUIET
@_VERBOSE
def demo(out: Path | None, quiet: bool, verbose: bool) -> None:
    """Run the embedded example: income from the census of 1994."""
    from privnb.run.session import example_spec

    _run([example_spec("adult")], out, (quiet, verbose))


@main.command()
@click.argument("run_folder", type=click.Path(path_type=Path))
def report(run_folder: Path) -> None:
    """Write the fact sheet of RUN_FOLDER again from its results."""
    from privnb.report import render
    from privnb.run.execute import report_formats

    for path in render(run_folder, report_formats(run_folder)).values():
        click.echo(path)


@main.command(name="list")
@AS_JSON
def list_(as_json: bool) -> None:
    """List assessments, mitigations and embedded data sets."""
    from privnb.console import plain_list, show_list

    print_json(plain_list()) if as_json else show_list()


@main.command()
@AS_JSON
def doctor(as_json: bool) -> None:
    """Say what is missing on this machine, with the command that mends it."""
    from privnb.doctor import examine

    found = examine()
    sick = not all(finding.well for finding in found)
    if as_json:
        print_json([asdict(finding) for finding in found])
    for finding in () if as_json else found:
        click.echo(
            f"{'ok     ' if finding.well else 'missing'}  {finding.what}"
            + (f"\n         {finding.remedy}" if finding.remedy else "")
        )
    sys.exit(3 if sick else 0)


main.add_command(commands.completion)


def _check_json(spec: Path) -> None:
    from privnb.console import plain_check
    from privnb.stages import load_spec

    try:
        loaded, error = load_spec(spec), None
    except SpecError as found:
        loaded, error = None, found
    print_json(plain_check(spec, loaded, error))
    sys.exit(error.exit_code if error else 0)


def _run(specs: Sequence[Path], out: Path | None, loudness: tuple[bool, bool], **options) -> None:
    from privnb.api import run_spec
    from privnb.console import progress_display, show_outcome
    from privnb.stages import load_spec

    quiet, verbose = loudness
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other")
    signal.signal(signal.SIGTERM, lambda *_: _interrupt())
    _distinct([load_spec(spec).spec.name for spec in specs])
    codes = []
    for spec in specs:
        with progress_display(quiet=quiet, verbose=verbose) as on_event:
            outcome = run_spec(spec, out, on_event=on_event, **options)
        show_outcome(outcome, quiet=quiet)
        codes.append(outcome.exit_code)
    sys.exit(max(codes))


def _distinct(names: Sequence[str]) -> None:
    from privnb.run.execute import slug

    folders = [slug(name) for name in names]
    twice = next((name for place, name in enumerate(names) if folders[place] in folders[:place]), None)
    if twice is not None:
        raise PrivnbError(f"two specs share the run folder of {twice!r}; give one of them another name")


def _interrupt() -> None:
    raise KeyboardInterrupt
