"""The HTML: nothing injected, no forbidden word, enough contrast, only shipped glyphs, a section for each stage."""

import functools
import html as html_module
import re

import pytest
import run_fixture
from run_fixture import results

from privnb.errors import PrivnbError
from privnb.figures.look import PALETTE
from privnb.findings import Finding, StageStatus, Table
from privnb.report.fonts import glyphs, printable
from privnb.report.page import TEMPLATES, render_html

FORBIDDEN = re.compile(r"\b(compliant|safe|anonymous|certified|guaranteed|conformant)\b", re.IGNORECASE)
ATTACKS = (
    '<link rel=attachment href="file:///etc/passwd">',
    '<img src="file:///etc/passwd"><script>alert(1)</script>',
    "{{ 7 * 191 }}{% for x in range(9) %}boo{% endfor %}",
    "</title></style></table><h1>Everything passes</h1>",
    '"><svg onload=alert(1)>',
    "../../../etc/passwd",
)


def text_of(page):
    page = page.replace("<wbr>", "")
    page = re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)
    return html_module.unescape(page)


@pytest.fixture(scope="module")
def plain_pages(record_of):
    """`plain_pages(paper)`: the same page with a harmless title."""
    return functools.cache(lambda paper: render_html(record_of(results(title="x")), paper=paper))


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("paper", [True, False])
def test_strings_of_a_spec_are_text_and_nothing_else(record_of, plain_pages, attack, paper):
    made = results(
        title=attack,
        target=attack,
        sensitive=[attack],
        declared={attack: attack},
        model={"label": attack, "params": {attack: attack}, "origin": attack},
    )
    page = render_html(record_of(made, spec=f"name: {attack}\n"), paper=paper)
    plain = plain_pages(paper)
    assert text_of(page).count(attack) >= 5
    assert "1337" not in text_of(page)
    for tag in ("<link", "<script", "<h1", "<img", "</title>", "onload="):
        escaped = page.count(html_module.escape(tag)) if "=" not in tag else page.count(tag)
        assert page.count(tag) - (escaped if "=" in tag else 0) == plain.count(tag), tag


def test_forbidden_words_appear_nowhere(scenario):
    assert not FORBIDDEN.search(text_of(scenario))


def test_forbidden_words_appear_in_no_template():
    for path in TEMPLATES.rglob("*.j2"):
        assert not FORBIDDEN.search(path.read_text()), path.name


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_every_text_colour_is_readable_on_every_ground():
    css = (TEMPLATES / "style.css").read_text()
    named = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))
    grounds = [value for name, value in named.items() if name.endswith("ground") or name == "paper"]
    used = set(re.findall(r"(?<![-\w])color: var\(--([\w-]+)\)", css))
    literal = set(re.findall(r"(?<![-\w])color: (#[0-9a-f]{6})", css))
    assert len(grounds) == 5
    assert used >= {"ink", "muted", "pass", "fail", "warn"}
    for colour in {named[name] for name in used} | literal:
        for ground in grounds:
            assert contrast(colour, ground) >= 4.5, (colour, ground)
    for colour in PALETTE:
        assert contrast(colour, "#ffffff") >= 4.5, colour


def test_every_glyph_of_every_page_is_in_the_shipped_fonts(scenario):
    known = glyphs(TEMPLATES / "fonts")
    assert not {sign for sign in text_of(scenario) if ord(sign) not in known}


def test_signs_without_glyph_are_replaced_not_borrowed_from_the_machine():
    folder = TEMPLATES / "fonts"
    assert printable("Zażółć ≤ 5 % – Ωμ", folder) == "Zażółć ≤ 5 % – Ωμ"
    assert printable("Ω", folder, "IBM Plex Mono") == "\ufffd"
    assert printable("病院\U0001f600", folder) == "\ufffd\ufffd\ufffd"


def test_the_twin_is_self_contained_and_keeps_figures_as_text(record_of):
    page = render_html(record_of(), paper=False)
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", page)
    assert not re.search(r"url\((?![\"']?data:)(?![\"']?#)", page)
    assert page.count('role="img"') == 3
    assert "others taken for training people" in page
    assert page.count("@font-face") == 3


def test_each_stage_has_its_section_and_each_variant_its_note(html_of):
    plain = html_of("plain")
    titles = re.findall(r"<h2><span class=\"no\">(\d+)</span> ([^<]*)</h2>", plain)
    assert [title for _, title in titles] == [
        "What was assessed", "Usefulness", "Risk factors", "Membership inference", "The data as they are",
        "Regularization", "Variants side by side", "How this was measured and how to repeat it",
    ]  # fmt: skip
    assert [number for number, _ in titles] == [str(i) for i in range(1, 9)]
    broken = text_of(html_of("broken"))
    assert "leaf50: the stage failed: MemoryError in cell 4." in broken
    assert "logistic-control: the stage ran out of time: after 600 s." in broken
    assert "The stage was skipped: membership on leaf50 failed." in broken


def test_captions_state_the_finding(html_of):
    page = text_of(html_of("plain"))
    assert "the attack finds 43.1% of the training people of baseline and 1.3% of those of logistic" in page
    assert "For logistic the interval includes guessing." in page
    assert "logistic and logistic-control lie with the whole interval inside the zone" in page


def test_k_is_printed_as_it_is(html_of):
    page = html_of("plain")
    row = re.search(r"Smallest group \(k\)</th>\s*<td class=\"num\">([^<]*)", page)
    assert html_module.unescape(row.group(1)) == "1"


def test_declared_fields_say_so(html_of):
    page = html_of("plain")
    assert "Declared by the owner, not measured" in page
    assert re.search(r"public-api <span class=\"declared\">declared</span>", page)
    assert "Income statistics for a teaching example" in page


def test_a_stage_without_a_template_gets_a_table_of_findings(record_of):
    mine = Finding(id="house_rules.worst_case", variant="leaf50", value=0.25, low=0.2, high=0.3, unit="fraction")
    made = results(found=(mine,), stages=(StageStatus(stage="house_rules", variant="leaf50", status="ok"),))
    extra = {
        "house_rules/leaf50/t": Table(title="Rooms", columns=["room", "open"], rows=[["hall", True], [None, 1234.5]])
    }
    made = made.model_copy(
        update={"tables": made.tables | extra, "facts": made.facts | {"house_rules/leaf50": {"by": ["A", "B"]}}}
    )
    page = text_of(render_html(record_of(made), paper=True))
    for words in ("House rules", "worst case", "25.0%", "20.0 to 30.0%", "Rooms", "hall", "1,234.5", "A, B"):
        assert words in page, words


def test_a_long_spec_is_cut_on_the_page_and_says_so(record_of):
    page = text_of(render_html(record_of(spec="privnb: 1\n" * 100), paper=True))
    assert "38 more lines: the whole file is attached to the PDF." in page


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("results.json", None, "results.json cannot be read"),
        ("results.json", "{", "is not JSON"),
        ("results.json", '{"schema": 0}', "has schema 0; this version of privnb reads 1"),
        ("results.json", '{"schema": 1}', "is damaged at"),
        ("run.json", "{}", "has no readable date 'finished'"),
    ],
)
def test_a_folder_that_is_no_finished_run_is_refused_in_one_sentence(tmp_path, file, content, says):
    root = run_fixture.run_folder(tmp_path)
    (root / file).unlink() if content is None else (root / file).write_text(content)
    from privnb.report import render

    with pytest.raises(PrivnbError, match=re.escape(says)):
        render(root, ("html",))
    assert not (root / "fact-sheet.html").exists()
