"""The spec form: what is chosen is written and nothing else, and its problems are those of `privnb check`."""

import types

import pytest
from pydantic import Field

from privnb.errors import PrivnbError, SpecError
from privnb.spec.positions import parse
from privnb.stages import load_spec, registry
from privnb.stages.contract import StageMeta, StageParameters
from privnb.widgets import SpecForm
from privnb.widgets.inputs import UNSET

CSV = "age,sex,income,who\n39,f,1,7\n50,m,0,8\n"


def field(form, *path):
    """The input at a path of keys; a number is a card."""
    item = form.section
    for step in path:
        item = item.cards[step].section if isinstance(step, int) else item.inputs[step]
    return item


@pytest.fixture
def form(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return SpecForm()


def fill(form):
    field(form, "data", "builtin").control.value = "adult"
    field(form, "data", "target").control.value = "income"
    field(form, "model", "train", "estimator").control.value = "sklearn.tree.DecisionTreeClassifier"


def test_an_empty_form_says_what_is_missing_and_writes_only_the_version(form):
    assert form.yaml == "privnb: 1\n"
    assert any("needs 'data'" in problem for problem in form.problems)
    assert any("needs 'model'" in problem for problem in form.problems)


def test_a_filled_form_is_valid_and_holds_no_default_and_no_null(form):
    fill(form)
    assert form.problems == []
    assert form.values == {
        "privnb": 1,
        "data": {"builtin": "adult", "target": "income"},
        "model": {"train": {"estimator": "sklearn.tree.DecisionTreeClassifier"}},
    }
    assert "null" not in form.yaml


def test_what_is_cleared_again_is_not_written(form):
    fill(form)
    before = form.yaml
    seed, profile = field(form, "seed").control, field(form, "profile").control
    seed.value, profile.value = "7", "quick"
    assert form.values["seed"] == 7 and form.values["profile"] == "quick"
    seed.value, profile.value = "", UNSET
    assert form.yaml == before


def test_columns_of_the_chosen_table_are_offered_as_soon_as_it_is_known(form, tmp_path):
    target, sensitive = field(form, "data", "target"), field(form, "data", "sensitive")
    sensitive.control.value = "sex, age"  # no table yet: typed
    (tmp_path / "people.csv").write_text(CSV)
    field(form, "data", "path").control.value = "people.csv"
    assert [value for _, value in target.control.options if value is not UNSET] == ["age", "sex", "income", "who"]
    assert list(sensitive.control.value) == ["sex", "age"]
    assert form.values["data"]["sensitive"] == ["sex", "age"]
    sensitive.control.value = ("age", "sex", "who")
    assert form.values["data"]["sensitive"] == [
        "sex",
        "age",
        "who",
    ]  # earlier ones keep their order: a diff of one line


def test_built_in_columns_come_without_loading_the_data(form):
    field(form, "data", "builtin").control.value = "adult"
    offered = [value for _, value in field(form, "data", "quasi_identifiers").control.options]
    assert "marital-status" in offered and len(offered) == 15


def test_parameters_offered_are_those_of_the_estimator(form):
    fill(form)
    params = field(form, "model", "train", "params")
    assert "min_samples_leaf" in params.control.options
    params.put("min_samples_leaf", 5)
    params.put("ccp_alpha", "1e-6")
    assert form.values["model"]["train"]["params"] == {"min_samples_leaf": 5, "ccp_alpha": 1e-6}
    assert "min_samples_leaf" not in params.control.options
    card = form.section.inputs["mitigations"].add().section
    assert "max_depth" in card.inputs["regularize"].inputs["params"].control.options  # without its own: the model's
    card.inputs["regularize"].inputs["estimator"].control.value = "sklearn.linear_model.LogisticRegression"
    assert "C" in card.inputs["regularize"].inputs["params"].control.options


def test_cards_are_added_moved_and_removed(form):
    fill(form)
    cards = form.section.inputs["mitigations"]
    for id in ("first", "second"):
        cards.add({"id": id, "regularize": {"l2": 1}})
    assert [item["id"] for item in form.values["mitigations"]] == ["first", "second"]
    offered = [value for _, value in field(form, "mitigations", 1, "from").control.options]
    assert offered == [UNSET, "baseline", "first"]
    field(form, "mitigations", 1, "from").control.value = "first"
    assert form.problems == []
    cards.move(cards.cards[1], -1)
    assert [item["id"] for item in form.values["mitigations"]] == ["second", "first"]
    assert any("first" in problem for problem in form.problems)  # builds on a later one now
    cards.remove(cards.cards[0])
    assert [item["id"] for item in form.values["mitigations"]] == ["first"] and form.problems == []


def test_a_part_with_defaults_only_is_written_when_it_is_switched_on(form):
    fill(form)
    card = form.section.inputs["mitigations"].add({"id": "early", "regularize": {}}).section
    assert any("changes nothing" in problem for problem in form.problems)
    card.inputs["regularize"].inputs["early_stopping"].switch.value = True
    assert form.values["mitigations"] == [{"id": "early", "regularize": {"early_stopping": {}}}]
    assert form.problems == []


def test_assessments_are_auto_until_one_is_ticked(form):
    fill(form)
    membership = field(form, "assess", "membership")
    assert "assess" not in form.values
    membership.switch.value = True
    membership.inputs["shadows"].control.value = "8"
    assert form.values["assess"] == {"membership": {"shadows": 8}}
    membership.inputs["methods"].control.value = ("rmia",)
    assert form.values["assess"]["membership"] == {"methods": ["rmia"], "shadows": 8}
    membership.inputs["methods"].control.value = ("auto",)
    assert form.values["assess"]["membership"]["methods"] == "auto"


def test_defaults_shown_follow_the_profile(form):
    shadows = field(form, "assess", "membership", "shadows").control
    assert shadows.placeholder == "16 (default)"
    field(form, "profile").control.value = "quick"
    assert shadows.placeholder == "4 (profile quick)"


@pytest.mark.parametrize("value", ["many", "-1", "2.5"])
def test_a_number_out_of_its_limits_is_kept_and_named(form, value):
    fill(form)
    field(form, "seed").control.value = value
    assert any("seed" in problem for problem in form.problems)


def test_problems_are_those_of_privnb_check_with_the_same_places(form, tmp_path):
    fill(form)
    field(form, "data", "target").set("incom")
    form.section.inputs["gates"].add({"metric": "membership.acu", "max": 0.6})
    path = tmp_path / "same.privacy.yaml"
    form.path = path
    path.write_text(form.yaml)
    with pytest.raises(SpecError) as refused:
        load_spec(path)
    assert form.problems == [problem.located("same.privacy.yaml") for problem in refused.value.problems]
    assert len(form.problems) >= 2


def test_writing_refuses_a_spec_with_problems_and_says_where(form, tmp_path):
    path = tmp_path / "no.privacy.yaml"
    with pytest.raises(SpecError, match=r"no\.privacy\.yaml:1:1: the spec needs"):
        form.write(path)
    assert not path.exists()


def test_written_specs_load_and_a_foreign_file_is_not_overwritten(form, tmp_path):
    fill(form)
    with pytest.raises(PrivnbError, match="has no file yet"):
        form.write()
    path = form.write(tmp_path / "mine.privacy.yaml")
    assert path.read_text() == form.yaml
    assert load_spec(path).spec.data.target == "income"
    field(form, "seed").control.value = "3"
    assert "seed: 3" in form.write().read_text()  # its own file: written again
    path.write_text("privnb: 1\n# by hand\n")
    with pytest.raises(PrivnbError, match="is another spec"):
        form.write()


def test_the_button_says_what_became_of_it(form, tmp_path):
    form.path = "new.privacy.yaml"
    form._write_clicked()
    assert "Not written: 2 problems to mend first." in form._said.value and "refused" in form._said.value
    fill(form)
    form._write_clicked()
    assert "Wrote new.privacy.yaml." in form._said.value and (tmp_path / "new.privacy.yaml").read_text() == form.yaml
    (tmp_path / "new.privacy.yaml").write_text("privnb: 1\n")
    form._write_clicked()
    assert "is another spec" in form._said.value


def test_a_spec_survives_loading_and_writing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    form = SpecForm("adult")
    assert form.path.name == "adult.privacy.yaml" and form.problems == []
    from privnb.run.session import example_spec

    assert form.values == parse(example_spec("adult").read_text()).value
    again = SpecForm(form.write())
    assert again.values == form.values


def test_short_forms_unknown_keys_and_values_not_on_offer_are_kept(tmp_path):
    path = tmp_path / "odd.privacy.yaml"
    path.write_text(
        "privnb: 1\nprofil: quick\ndata: {builtin: adult, target: incme, identifiers: null}\n"
        "model: {train: sklearn.tree.DecisionTreeClassifier}\nassess: {membership: null}\n"
        "mitigations: [{id: k10, anonymize: {k: 10}}]\n"
    )
    form = SpecForm(path)
    assert form.values["profil"] == "quick" and form.values["data"] == {"builtin": "adult", "target": "incme"}
    assert form.values["model"] == {"train": {"estimator": "sklearn.tree.DecisionTreeClassifier"}}
    assert form.values["assess"] == {"membership": {}}
    assert form.values["mitigations"] == [{"id": "k10", "anonymize": {"k": 10}}]
    assert len(form.problems) == 3
    for words in ("did you mean 'profile'", "did you mean 'income'", "anonymize is not available yet"):
        assert any(words in problem for problem in form.problems), words


@pytest.mark.parametrize("text", ["", "- a\n", "a: {b\n", "a: 1\na: 2\n"])
def test_what_is_no_mapping_is_refused_with_its_place(tmp_path, text):
    path = tmp_path / "bad.privacy.yaml"
    path.write_text(text)
    with pytest.raises(SpecError, match=r"bad\.privacy\.yaml:\d+:\d+: "):
        SpecForm(path)


def test_the_page_escapes_what_was_typed(form):
    field(form, "name").control.value = "<img src=x onerror=alert(1)>"
    assert "<img" not in form._yaml.value and "&lt;img" in form._yaml.value


def test_every_input_has_a_label(form):
    import ipywidgets

    def walk(widget):
        yield widget
        for child in getattr(widget, "children", ()):
            yield from walk(child)

    form.section.inputs["mitigations"].add()
    form.section.inputs["gates"].add()
    inputs = [
        w
        for w in walk(form)
        if isinstance(w, (ipywidgets.Text, ipywidgets.Dropdown, ipywidgets.SelectMultiple, ipywidgets.Checkbox))
    ]
    assert len(inputs) > 30 and all(widget.description for widget in inputs)


def test_a_stage_of_a_third_party_appears_by_its_type_alone(form, monkeypatch):
    class Parameters(StageParameters):
        """Plants canaries."""

        canaries: int = Field(10, ge=1, le=50, description="records to plant")
        column: str | None = Field(None, description="where", json_schema_extra={"refers_to": "column"})

    module = types.ModuleType("third_party")
    module.META = StageMeta(
        title="Canaries", question="Do canaries sing?", kind="assessment", scope="variant", facts=("sung",)
    )
    module.Parameters, module.run = Parameters, lambda *_: None
    point = types.SimpleNamespace(name="canary", load=lambda: module)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    registry.stages.cache_clear()
    try:
        form = SpecForm()
        fill(form)
        canary = field(form, "assess", "canary")
        assert canary.switch.description == "Canaries"
        canary.switch.value = True
        canary.inputs["canaries"].control.value = "51"
        assert any("canaries" in problem and "at most 50" in problem for problem in form.problems)
        canary.inputs["canaries"].control.value = "20"
        canary.inputs["column"].control.value = "age"
        assert form.values["assess"] == {"canary": {"canaries": 20, "column": "age"}} and form.problems == []
    finally:
        registry.stages.cache_clear()


def test_mitigations_that_the_advisor_chooses_stay_until_a_card_is_added(tmp_path):
    path = tmp_path / "a.privacy.yaml"
    path.write_text(
        "privnb: 1\ndata: {builtin: breast_cancer, target: diagnosis}\n"
        "model: {train: sklearn.tree.DecisionTreeClassifier}\n"
        "mitigations: auto\nrelease: regularize\n"
    )
    form = SpecForm(path)
    assert "mitigations: auto\n" in form.yaml and form.problems == []
    form.section.inputs["mitigations"].add({"id": "leaf9", "regularize": {"params": {"min_samples_leaf": 9}}})
    assert "auto" not in form.yaml and "leaf9" in form.yaml
