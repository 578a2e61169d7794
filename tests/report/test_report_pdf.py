"""The PDF: few pages, page 1 whole, tagged, only shipped fonts, inputs attached, the same bytes for the same folder."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
import run_fixture
from run_fixture import results

from privnb.errors import PrivnbError
from privnb.report import render
from privnb.report.pdf import write_pdf
from privnb.report.record import read_record


def open_pdf(root):
    return pikepdf.open(root / "fact-sheet.pdf")


def page_of_headings(pdf):
    pages = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
    found = {}

    def walk(items):
        for item in items:
            found[item.title] = pages[item.destination[0].objgen]
            walk(item.children)

    with pdf.open_outline() as outline:
        walk(outline.root)
    return found


def tags(pdf):
    counted, figures = {}, []

    def walk(node):
        if isinstance(node, pikepdf.Array):
            for child in node:
                walk(child)
        elif isinstance(node, pikepdf.Dictionary):
            kind = str(node.get("/S", ""))
            counted[kind] = counted.get(kind, 0) + 1
            if kind == "/Figure":
                figures.append(str(node.get("/Alt", "")))
            walk(node.get("/K"))

    walk(pdf.Root.StructTreeRoot)
    return counted, figures


@pytest.mark.parametrize("which", ["run", "dense_run"])
def test_three_to_six_pages_small_and_page_one_holds_the_whole_verdict(request, which):
    root = request.getfixturevalue(which)
    pdf = open_pdf(root)
    assert 3 <= len(pdf.pages) <= 6
    assert (root / "fact-sheet.pdf").stat().st_size < 300_000
    pages = page_of_headings(pdf)
    assert pages["What to do"] == pages["What this sheet does not say"] == 1
    assert pages["1 What was assessed"] == 2


def test_tagged_with_language_title_and_alternative_texts(run):
    pdf = open_pdf(run)
    assert str(pdf.Root.Lang) == "en"
    assert pdf.Root.MarkInfo.Marked
    assert str(pdf.docinfo["/Title"]) == "Adult income – privacy fact sheet"
    counted, figures = tags(pdf)
    assert counted["/H1"] == 1
    assert counted["/TH"] > 20
    assert all(figures)
    assert any("True positives at 1% false positives: baseline 43.1%" in alt for alt in figures)


def test_only_shipped_fonts_even_for_signs_they_lack(tmp_path):
    root = run_fixture.run_folder(tmp_path, results(title="病院 \U0001f600 Zürich", target="収入"), spec="name: 病院\n")
    render(root, ("pdf",))
    pdf = open_pdf(root)
    names = {str(o.BaseFont) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/Font"}
    assert names
    assert all("Plex" in name for name in names), names


def test_spec_and_results_are_attached_byte_for_byte(run):
    pdf = open_pdf(run)
    assert sorted(pdf.attachments) == ["results.json", "spec.yaml"]
    for name in pdf.attachments:
        assert pdf.attachments[name].get_file().read_bytes() == (run / name).read_bytes()


def test_the_footer_shows_the_first_digits_of_both_digests(run):
    page = (run / "fact-sheet.html").read_text()
    for name in ("spec.yaml", "results.json"):
        digest = hashlib.sha256((run / name).read_bytes()).hexdigest()
        assert digest[:16] in page
        assert digest in page


def test_another_folder_hash_seed_and_time_zone_give_the_same_bytes(run, tmp_path):
    root = run_fixture.run_folder(tmp_path)
    code = "import sys; from privnb.report import render; render(sys.argv[1])"
    home = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "PYTHONPATH": str(home)}
    environment.pop("SOURCE_DATE_EPOCH", None)
    subprocess.run([sys.executable, "-c", code, str(root)], env=environment, check=True, cwd=tmp_path)
    for name in ("fact-sheet.pdf", "fact-sheet.html"):
        assert (root / name).read_bytes() == (run / name).read_bytes(), name


def test_the_date_is_the_run_s_or_source_date_epoch(run, monkeypatch):
    assert read_record(run).when.isoformat() == "2026-11-24T09:13:21+00:00"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert read_record(run).when.isoformat() == "2023-11-14T22:13:20+00:00"


def test_nothing_is_fetched_from_files_or_network(tmp_path, run):
    secret = tmp_path / "secret.txt"
    secret.write_text("do not embed me")
    page = f"""<html lang="en"><title>t</title><link rel="attachment" href="{secret.as_uri()}">
    <link rel="stylesheet" href="http://127.0.0.1:9/x.css"><style>@import "{secret.as_uri()}";</style>
    <img src="{secret.as_uri()}"><p style="background:url({secret.as_uri()})">x</p>"""
    out = tmp_path / "out.pdf"
    out.write_bytes(write_pdf(page, {}, read_record(run).when))
    pdf = pikepdf.open(out)
    assert not list(pdf.attachments)
    pdf.save(tmp_path / "flat.pdf", compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.all)
    assert b"do not embed me" not in (tmp_path / "flat.pdf").read_bytes()


def test_only_the_formats_asked_for_are_written(tmp_path):
    root = run_fixture.run_folder(tmp_path)
    assert render(root, ("html",)) == {"html": root / "fact-sheet.html"}
    assert sorted(path.name for path in root.iterdir()) == ["fact-sheet.html", "results.json", "run.json", "spec.yaml"]
    with pytest.raises(PrivnbError, match="no format 'docx'; use pdf or html"):
        render(root, ("docx",))
