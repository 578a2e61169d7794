"""The plan: which stages, in which order, under which keys; what changes a key and what does not."""

import pytest

from privnb.plan import build_plan, factory_module
from privnb.stages import load_spec, stages

SPEC = """\
privnb: 1
seed: 3
data: {builtin: breast_cancer, target: diagnosis}
model: {train: {estimator: sklearn.tree.DecisionTreeClassifier}}
mitigations:
  - {id: leaf9, regularize: {params: {min_samples_leaf: 9}}}
  - {id: linear, from: leaf9, regularize: {estimator: sklearn.linear_model.LogisticRegression, l2: 2}}
gates:
  - {metric: utility.accuracy, min: 0.5, use: lower}
"""


@pytest.fixture
def plan_of(tmp_path):
    def plan(text, name="a"):
        path = tmp_path / f"{name}.privacy.yaml"
        path.write_text(text)
        return build_plan(load_spec(path))

    return plan


def _keys(plan):
    return {node.id: node.key for node in plan.nodes}


def test_stages_times_variants_in_an_order_that_respects_needs(plan_of):
    plan = plan_of(SPEC)
    ids = [node.id for node in plan.nodes]
    assert [info.id for info in plan.variants] == ["baseline", "leaf9", "linear", "linear-control"]
    for stage in ("utility", "factors", "membership"):
        assert {f"{stage}--{info.id}" for info in plan.variants} <= set(ids)
    for node in plan.nodes:
        assert all(ids.index(other) < ids.index(node.id) for other in (*node.needs, *node.after))
    assert plan.node("regularize--linear").needs == ("regularize--leaf9",)
    assert plan.node("utility--linear-control").needs == ("regularize--linear",)
    assert ids[-1] == "comparison--run" or "comparison--run" in ids
    assert len(set(_keys(plan).values())) == len(ids), "no two stages share a key"


def test_words_that_change_no_result_change_no_key(plan_of):
    other = "# a comment\n" + SPEC.replace("privnb: 1\nseed: 3\n", "seed: 3\nname: other\nprivnb: 1\n").replace(
        "0.5", "0.6"
    )
    assert _keys(plan_of(SPEC)) == _keys(plan_of(other, "b"))


def test_one_mitigations_parameter_changes_only_what_depends_on_it(plan_of):
    before, after = _keys(plan_of(SPEC)), _keys(plan_of(SPEC.replace("l2: 2", "l2: 3"), "b"))
    changed = {id for id in before if before[id] != after[id]}
    assert changed == {
        "regularize--linear", "comparison--run",
        *(id for id in before if id.endswith(("--linear", "--linear-control"))),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [("seed: 3", "seed: 4"), ("DecisionTreeClassifier}", "DecisionTreeClassifier, params: {max_depth: 3}}")],
)
def test_seed_and_model_change_every_key(plan_of, old, new):
    before, after = _keys(plan_of(SPEC)), _keys(plan_of(SPEC.replace(old, new), "b"))
    assert all(before[id] != after[id] for id in before)


def test_the_attacker_changes_only_what_he_attacks(plan_of):
    threat = SPEC + "threat_model: {data: same-distribution}\n"
    before, after = _keys(plan_of(SPEC)), _keys(plan_of(threat, "b"))
    planned = {id.partition("--")[0] for id in before}
    attacks = {name for name, stage in stages().items() if stage.meta.attacker and name in planned}
    assert "membership" in attacks and "utility" not in attacks
    assert {id.partition("--")[0] for id in before if before[id] != after[id]} == {*attacks, "comparison"}


def test_what_will_not_run_is_listed_with_the_reason(plan_of):
    plan = plan_of(SPEC.partition("mitigations")[0] + "assess: {membership: {}}\n")
    left = {status.stage: status for status in plan.left_out}
    assert left["reidentification"].status == "not_requested"
    assert left["comparison"].status == "not_applicable"
    assert "only one model" in left["comparison"].reason


def test_a_factorys_source_decides_the_key(plan_of, tmp_path):
    spec = SPEC.replace("{train: {estimator: sklearn.tree.DecisionTreeClassifier}}", "{factory: 'my_model:make'}")
    source = tmp_path / "my_model.py"
    source.write_text("from sklearn.tree import DecisionTreeClassifier as make\n")
    assert factory_module("my_model:make", tmp_path) == source
    before = _keys(plan_of(spec))
    source.write_text("from sklearn.tree import ExtraTreeClassifier as make\n")
    after = _keys(plan_of(spec))
    assert all(before[id] != after[id] for id in before)
    assert factory_module("no_such_package.inner:make", tmp_path) is None
    assert factory_module("json.decoder:JSONDecoder", tmp_path).name == "decoder.py"
