"""The fact sheet: a pure function of the run folder, as PDF and as one self-contained HTML file."""

from collections.abc import Iterable
from pathlib import Path

from privnb.errors import PrivnbError

FORMATS = ("pdf", "html")


def render(run_dir: str | Path, formats: Iterable[str] = FORMATS) -> dict[str, Path]:
    """Write `fact-sheet.pdf` and `fact-sheet.html` into the run folder; returns their paths by format.

    Reads results.json, run.json and spec.yaml and nothing else; the date is that of run.json, or SOURCE_DATE_EPOCH.
    An identical folder gives identical bytes. Files are replaced whole. Raises PrivnbError for an unknown format and
    for a folder without a finished run.
    """
    formats = tuple(formats)
    for name in formats:
        if name not in FORMATS:
            raise PrivnbError(f"the fact sheet has no format {name!r}; use {' or '.join(FORMATS)}")
    from privnb.report.page import render_html
    from privnb.report.record import read_record
    from privnb.run.folder import write_whole

    root = Path(run_dir)
    record = read_record(root)
    paths = {}
    if "html" in formats:
        paths["html"] = root / "fact-sheet.html"
        write_whole(paths["html"], render_html(record, paper=False))
    if "pdf" in formats:
        from privnb.report.pdf import write_pdf

        files = {
            "spec.yaml": (record.spec_bytes, "the spec of this run"),
            "results.json": (record.results_bytes, "all findings of this run"),
        }
        paths["pdf"] = root / "fact-sheet.pdf"
        write_whole(paths["pdf"], write_pdf(render_html(record, paper=True), files, record.when))
    return {name: paths[name] for name in formats}
