"""The section of the risk factors: each value beside the rule of its verdict, on whom it was measured, and what-ifs."""

import pytest
import run_fixture

from privnb.factors import verdict_table
from privnb.findings import Finding, Table
from privnb.report.page import render_html
from privnb.report.sections.factors import section


@pytest.fixture(scope="module")
def results():
    def share(name, value, low, high, reason="", **more):
        more = {"unit": "proportion", "reason": reason, "n": 1000, "direction": "lower"} | more
        return Finding(id=f"factors.{name}", variant="leaf50", value=value, low=low, high=high, **more)

    def absent(name, reason, **more):
        return Finding(id=f"factors.{name}", variant="leaf50", status="not_applicable", reason=reason, **more)

    found = [
        share("sensitivity", 0.12, 0.11, 0.13, "on 1,000 rows"),
        share("influence", 0.03, 0.01, 0.05, "age, the largest"),
        share("flip_rate", 0.03, 0.02, 0.05, "when sex alone changes"),
        share("flip_rate", 0.03, 0.02, 0.05, group="sex"),
        share("flip_rate", 0.01, 0.0, 0.02, group="race"),
        absent("flip_rate", "the model does not see creed", group="creed"),
        share("update_risk", 0.7, 0.67, 0.73, "simulated update", unit="auc"),
        share("update_risk", 0.6, 0.57, 0.63, unit="auc", method="new version alone"),
        absent("augmentation_risk", "the training used none"),
    ]
    made = run_fixture.results(found=found)
    mine = [f for f in made.findings if f.variant == "leaf50" and f.id.startswith("factors.")]
    moves = [
        ["age", "1 SD (13.8)", 0.2, 0.19, 0.21, 0.4],
        *[[f"x{i}", "another category", 0.1, 0.0, 0.2, 0.3] for i in range(6)],
    ]
    curve = {"x": [1.0, 5.0, 20.0], "gap": [0.15, 0.03, 0.01], "low": [0.1, 0.0, -0.01], "high": [0.2, 0.06, 0.03]}
    tables = {
        "verdicts": verdict_table(mine),
        "sensitivity": Table(
            title="t", columns=["feature", "change", "mean", "low", "high", "95th percentile"], rows=moves
        ),
        "influence": Table(title="t", columns=["feature", "loss", "low", "high"], rows=[["age", 0.03, 0.01, 0.05]]),
        "classes": Table(title="Training people by class", columns=["class", "people", "share of rows"],
                         rows=[["a", "< 5", None], ["b", 60, 0.6]]),
    }  # fmt: skip
    return made.model_copy(
        update={
            "tables": {**made.tables, **{f"factors/leaf50/{name}": table for name, table in tables.items()}},
            "series": {**made.series, "factors/leaf50/whatif.min_samples_leaf": curve},
            "facts": {**made.facts, "factors/leaf50": {"whatif_rows": 2000}},
        }
    )


def test_each_value_stands_beside_its_verdict_and_rule(results, record_of):
    part = section(record_of(results), iter(range(1, 9)))
    lines = {line.cells[0]: line.cells[1:] for line in part["table"].rows}
    assert lines["Change of answers"][0] == "12.0%" and lines["Change of answers"][2] == "raised"
    assert lines["Attack AUC on the update"][2] == "strongly raised"
    assert lines["Attack AUC on the update"][3].startswith("raised above an attack AUC of .55")
    assert lines["Answers that flip"][2] == lines["Answers that flip, sex"][2] == "undecided"
    assert lines["Answers that flip, race"][2] == "not raised"
    assert "0.600" not in str(lines)  # single methods stand in results.json, not among the factors
    assert {item.name: item.text for item in part["basis"]}["Attack AUC on the update"] == "simulated update"
    assert "ten events a variable (Peduzzi et al. 1996)" in part["sources"]
    assert "Answers that flip, creed: the model does not see creed." in part["open"]
    assert "Attack AUC with augmentation: the training used none." in part["open"]


def test_features_classes_and_what_ifs_are_printed(results, record_of):
    html = render_html(record_of(results), paper=False)
    assert "Feature changed, the first 5 of 7" in html and "age, 1 SD (13.8)" in html
    assert "Training people by class" in html and "&lt; 5" in html
    assert "What if: overfitting against min samples leaf; each point is one training on at most 2,000 rows." in html
    assert "1 gives 0.150, 5 gives 0.030, 20 gives 0.010" in html


def test_a_run_without_verdicts_shows_values_alone(record_of):
    part = section(record_of(), iter(range(1, 9)))
    assert len(part["table"].heads) == 3 and part["sources"] == "" and part["whatif"] is None
