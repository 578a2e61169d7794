"""Figures keep what matters: every vertex at few false alarms, colours by id, words as words, the same bytes twice."""

import itertools
import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from privnb.figures import (
    bullet_figure,
    bullet_of,
    bullet_svg,
    factor_figure,
    looks,
    roc_figure,
    thin,
    to_svg,
    tradeoff_figure,
)
from privnb.figures.style import spread
from privnb.findings import Finding, VariantInfo


def finding(value, low=None, high=None, id="membership.auc", variant="a"):
    return Finding(id=id, variant=variant, value=value, low=low, high=high, reason="" if low is not None else "exact")


def curve(n=5000, power=0.5):
    fpr = np.linspace(0, 1, n)
    return {"fpr": fpr.tolist(), "tpr": (fpr**power).tolist()}


def variant(id, control_of=None):
    return VariantInfo(id=id, kind="x", label=id, control_of=control_of)


def test_thinning_keeps_every_vertex_below_one_percent_and_both_ends():
    given = curve()
    fpr, tpr = thin(given["fpr"], given["tpr"])
    few = [f for f in given["fpr"] if f <= 0.01]
    assert fpr[: len(few)].tolist() == few
    assert (fpr[0], fpr[-1]) == (0, 1)
    assert fpr.size < len(few) + 165
    assert np.allclose(tpr, fpr**0.5)
    assert set(zip(fpr, tpr)) <= set(zip(given["fpr"], given["tpr"]))  # vertices, never points between them


def test_thinning_keeps_short_curves_whole():
    fpr, tpr = thin([0, 0.5, 1], [0.2, 0.8, 1])
    assert fpr.tolist() == [0, 0.5, 1]
    assert tpr.tolist() == [0.2, 0.8, 1]


def test_roc_draws_the_kept_vertices_the_chance_line_and_direct_labels():
    figure = roc_figure({"baseline": curve(), "leaf50": curve(power=0.9)}, strong="leaf50")
    main, strip = figure.axes
    lines = {line.get_label(): line for line in main.get_lines()}
    below = np.asarray(curve()["fpr"])
    drawn = lines["baseline"].get_xdata()
    assert set(below[(below > 1e-4) & (below <= 0.01)]) <= set(drawn)
    assert lines["baseline"].get_drawstyle() == "steps-post"
    assert main.get_xscale() == main.get_yscale() == "log"
    assert any(np.allclose(line.get_xdata(), line.get_ydata()) for line in main.get_lines())
    assert {"baseline", "leaf50"} <= {text.get_text() for text in strip.texts}
    assert figure.axes[0].get_legend() is None


def test_labels_of_the_roc_never_overlap():
    at = {name: finding(0.0101 + step / 1e4, 0.009, 0.02) for step, name in enumerate("abcdefgh")}
    figure = roc_figure({name: curve(power=0.99) for name in at}, at)
    heights = sorted(np.log10(text.get_position()[1]) for text in figure.axes[1].texts if text.get_text() in at)
    decades = -np.log10(figure.axes[1].get_ylim()[0])
    assert len(heights) == 8
    assert np.diff(heights).min() >= 0.07 * decades


@pytest.mark.parametrize("wanted", [[1, 1, 1], [0, 0.05, 1], [5, 4, 3], [1], []])
def test_spread_keeps_order_distance_and_bounds(wanted):
    placed = spread(wanted, 0.2, -2, 6)
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    assert all(placed[b] - placed[a] >= 0.2 - 1e-9 for a, b in itertools.pairwise(order))
    assert all(-2 <= p <= 6 for p in placed)
    assert spread([1, 3], 0.2, 0, 4) == [1, 3]
    assert spread([1.0, 1.0], 0.2, 0, 4) == pytest.approx([0.9, 1.1])
    assert spread([0.0, 0.0], 0.2, 0, 4) == pytest.approx([0.0, 0.2])


def test_colour_belongs_to_the_id_and_a_control_shares_it_hollow():
    plan = [variant("baseline"), variant("dp1"), variant("dp1-control", "dp1"), variant("leaf50")]
    look = looks(plan)
    assert look["dp1-control"].colour == look["dp1"].colour
    assert look["dp1-control"].hollow
    assert not look["dp1"].hollow
    assert len({look[id].colour for id in ("baseline", "dp1", "leaf50")}) == 3
    assert looks(plan[:2])["dp1"] == look["dp1"]  # later variants change nothing
    assert len(looks([variant(f"v{i}") for i in range(30)])) == 30


def test_tradeoff_tints_the_zone_of_the_gates_and_names_every_variant():
    utility = {"a": finding(0.85, 0.84, 0.86), "b": finding(0.80, 0.79, 0.81)}
    attack = {"a": finding(0.9, 0.88, 0.92), "b": finding(0.51, 0.50, 0.52)}
    figure = tradeoff_figure(utility, attack, chance=0.5, least_utility=0.78, most_attack=0.6)
    (axes,) = figure.axes
    (zone,) = axes.patches
    assert zone.get_xy()[0] == 0.78
    assert zone.get_y() + zone.get_height() == pytest.approx(0.6)
    assert {"a", "b", "within the gates", "guessing"} <= {text.get_text() for text in axes.texts}
    for found in (*utility.values(), *attack.values()):
        ends = {found.low, found.high}
        assert any(ends <= {*line.get_xdata(), *line.get_ydata()} for line in axes.get_lines())


def test_tradeoff_without_gates_has_no_zone_and_ticks_can_be_told_apart():
    figure = tradeoff_figure({"a": finding(0.8501), "b": finding(0.8511)}, {"a": finding(0.5), "b": finding(0.6)})
    (axes,) = figure.axes
    assert not axes.patches
    to_svg(figure)
    ticks = [label.get_text() for label in axes.get_xticklabels()]
    assert len(set(ticks)) == len(ticks) > 2


def test_factor_bars_show_each_value_and_interval():
    gaps = {"a": finding(0.15, 0.14, 0.16), "b": finding(-0.01, -0.02, 0.0)}
    figure = factor_figure(gaps, text=lambda f: f"{f.value:.2f}", title="gap")
    assert [patch.get_width() for patch in figure.axes[0].patches] == [0.15, -0.01]
    assert {"a", "b", "0.15", "-0.01", "gap"} == {text.get_text() for text in figure.texts}


@pytest.mark.parametrize(
    ("value", "limit", "expected_value", "expected_limit"),
    [(0.02, 0.05, 0.2, 0.5), (0.6, 0.05, 0.6, 0.05), (1.0, None, 1.0, None), (-0.1, 0.05, 0.0, 0.5)],
)
def test_bullet_scale_holds_value_and_limit(value, limit, expected_value, expected_limit):
    bar = bullet_of(value, None, None, (0.0, 1.0), limit)
    assert bar.value == pytest.approx(expected_value)
    assert bar.limit == (None if expected_limit is None else pytest.approx(expected_limit))


def test_bullet_draws_gate_and_interval_in_both_forms():
    bar = bullet_of(0.6, 0.55, 0.65, (0.5, 1.0), 0.53, "fail")
    svg = bullet_svg(bar)
    assert svg.count("<rect") == 3
    assert svg.count("<path") == 1
    assert isinstance(bullet_figure(bar), Figure)
    assert "<path" not in bullet_svg(bullet_of(0.6, None, None, (0.5, 1.0)))


def test_svg_keeps_words_names_the_shipped_font_and_is_the_same_twice():
    draw = lambda: to_svg(roc_figure({"baseline": curve(300)}, {"baseline": finding(0.1, 0.05, 0.2)}))  # noqa: E731
    svg = draw()
    assert svg == draw()
    assert svg.startswith("<svg")
    assert re.search(r"<text[^>]*>false positives: others taken for training people</text>", svg)
    assert set(re.findall(r"font-family: ([^;\"]*)", svg)) == {"IBM Plex Sans"}
    assert "<metadata" not in svg
    used = set(re.findall(r"#([\w-]+)[)\"]", svg))
    assert set(re.findall(r'\bid="([^"]*)"', svg)) <= used | {f"p{i}" for i in range(9)}
