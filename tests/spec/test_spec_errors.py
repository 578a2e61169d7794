"""Every mistake is named at its line and column, with the value, the limit and the way out; all of them at once."""

import pytest

from privnb.errors import SpecError

BASE = """\
privnb: 1
model: {train: sklearn.linear_model.LogisticRegression}
data:
  builtin: adult
  target: income
"""

TABLE = [
    # what is added to BASE, or (old, new) in it; then line:column and the message
    ("unknown key", "treat_model: {}\n", "6:1: unknown key 'treat_model'; did you mean 'threat_model'?"),
    ("unknown nested key", "  sensitve: [race]\n", "6:3: unknown key 'sensitve'; did you mean 'sensitive'?"),
    ("key of another section", "sensitive: [race]\n", "6:1: unknown key 'sensitive'; 'sensitive' belongs in data"),
    ("key of the top level", "report: {gates: []}\n", "6:10: unknown key 'gates'; 'gates' belongs at the top level"),
    (
        "foreign key",
        "declared: {zzzzzz: a}\n",
        "6:12: unknown key 'zzzzzz'; declared takes purpose, lawful_basis, retention",
    ),
    (
        "wrong choice",
        "threat_model: {access: blackbox}\n",
        "6:24: threat_model.access is 'blackbox'; use black-box or white-box; did you mean 'black-box'?",
    ),
    ("wrong version", ("privnb: 1", "privnb: 2"), "1:9: privnb is 2; use 1"),
    ("wrong profile", "profile: fast\n", "6:10: profile is 'fast'; use quick, standard or thorough"),
    (
        "unknown data set",
        ("builtin: adult", "builtin: adlut"),
        "4:12: data.builtin is 'adlut'; use adult, breast_cancer, digits, diabetes or wine; did you mean 'adult'?",
    ),
    ("text for a number", "seed: lots\n", "6:7: seed is 'lots'; it must be a whole number"),
    ("quoted number", "seed: '7'\n", "6:7: seed is '7'; it must be a whole number"),
    ("yes for a number", "seed: true\n", "6:7: seed is true; it must be a whole number"),
    ("fraction for a count", "seed: 1.5\n", "6:7: seed is 1.5; it must be a whole number"),
    ("below the limit", "seed: -1\n", "6:7: seed is -1; it must be at least 0"),
    (
        "number for text",
        ("target: income", "target: 7"),
        "5:11: data.target is 7; it must be text: write '7' in quotes",
    ),
    (
        "word for a list",
        "  sensitive: race\n",
        "6:14: data.sensitive is 'race'; it must be a list such as [a, b]: write [race]",
    ),
    ("word for a section", "report: long\n", "6:9: report is 'long'; it must be a mapping (key: value)"),
    ("list for assess", "assess: [membership]\n", "6:9: assess is a list; it must be a mapping (key: value)"),
    (
        "text for yes or no",
        "threat_model: {knows_architecture: 'no'}\n",
        "6:36: threat_model.knows_architecture is 'no'",
    ),
    ("empty list", "report: {formats: []}\n", "6:19: report.formats is an empty list; it must be a list of at least 1"),
    ("empty text", ("target: income", "target: ''"), "5:11: data.target is ''; it must be text that is not empty"),
    ("missing target", ("  target: income\n", ""), "3:1: data needs 'target'; columns are age, workclass,"),
    ("target without value", ("target: income", "target:"), "5:3: data.target has no value"),
    ("missing version", ("privnb: 1\n", ""), "1:1: the spec needs 'privnb'; write 'privnb: 1' first"),
    ("missing data", ("data:\n  builtin: adult\n  target: income\n", ""), "1:1: the spec needs 'data', the table"),
    ("no table", ("  builtin: adult\n", ""), "3:1: data names no table; give one of builtin"),
    ("two tables", "  path: a.csv\n", "6:3: data has builtin and path; give only one"),
    ("no model", ("{train: sklearn.linear_model.LogisticRegression}", "{}"), "2:1: model says nothing to test"),
    (
        "two models",
        ("LogisticRegression}", "LogisticRegression, factory: a.b:c}"),
        "2:57: model has train and factory; give exactly one of train, factory or file",
    ),
    (
        "no factory",
        ("train: sklearn.linear_model.LogisticRegression", "factory: clinic.forest"),
        "2:18: model.factory is 'clinic.forest'; it must be of the form",
    ),
    (
        "split too large",
        "  split: {train: .5, pool: .5}\n",
        "6:3: data.split adds up to 1.35 (train 0.5, validation 0.1 by default, evaluation 0.25 by default, pool 0.5)",
    ),
    ("no training rows", "  split: {train: 0}\n", "6:18: data.split.train is 0; it must be above 0"),
    ("member without path", "  member: age\n", "6:3: data.member goes with data.path only"),
    (
        "unknown assessment",
        "assess: {membrship: {}}\n",
        "6:10: unknown assessment 'membrship'; did you mean 'membership'?",
    ),
    (
        "foreign assessment",
        "assess: {zzzzzz: {}}\n",
        "6:10: unknown assessment 'zzzzzz'; assess takes membership, reidentification, utility",
    ),
    (
        "stage limit",
        "assess: {membership: {shadows: 1}}\n",
        "6:32: assess.membership.shadows is 1; it must be at least 2",
    ),
    (
        "stage choice",
        "assess: {membership: {methods: [gap, lria]}}\n",
        "6:38: assess.membership.methods is 'lria'; use rmia",
    ),
    ("stage key", "assess: {membership: {shadow: 4}}\n", "6:23: unknown key 'shadow'; did you mean 'shadows'?"),
    (
        "neither of two types",
        "assess: {reidentification: {threshold: often}}\n",
        "6:40: assess.reidentification.threshold is 'often'; it must be a number or auto",
    ),
    (
        "wrong kind",
        "mitigations: [{id: a, reglarize: {}}]\n",
        "6:23: unknown key 'reglarize'; did you mean 'regularize'?",
    ),
    ("no kind", "mitigations: [{id: a}]\n", "6:15: mitigation 'a' says nothing to do; give one of: regularize"),
    ("no id", "mitigations: [{regularize: {l2: 1}}]\n", "6:15: each of mitigations needs 'id'"),
    (
        "bad id",
        "mitigations: [{id: Leaf 50, regularize: {l2: 1}}]\n",
        "6:20: mitigations.Leaf 50.id is 'Leaf 50'; it must be lower-case letters, digits, - and _",
    ),
    (
        "reserved id",
        "mitigations: [{id: baseline, regularize: {l2: 1}}]\n",
        "6:20: mitigations: the id 'baseline' is the model",
    ),
    (
        "control's id",
        "mitigations: [{id: a-control, regularize: {l2: 1}}]\n",
        "6:20: mitigations: the id 'a-control' would",
    ),
    (
        "same id",
        "mitigations: [{id: a, regularize: {l2: 1}}, {id: a, regularize: {l2: 2}}]\n",
        "6:50: mitigations: the id 'a' comes twice; it first stands at 6:20",
    ),
    (
        "later base",
        "mitigations: [{id: a, from: b, regularize: {l2: 1}}, {id: b, regularize: {l2: 2}}]\n",
        "6:29: mitigations: from 'b' comes later; put 'b' before it",
    ),
    (
        "own base",
        "mitigations: [{id: a, from: a, regularize: {l2: 1}}]\n",
        "6:29: mitigations: 'a' cannot be built on itself",
    ),
    (
        "no base",
        "mitigations: [{id: leaf, from: laef, regularize: {l2: 1}}]\n",
        "6:32: mitigations: from names no variant: 'laef'; did you mean 'leaf'?",
    ),
    ("no release", "release: k10\n", "6:10: release: there is no variant 'k10'; variants are baseline"),
    ("near release", "release: basline\n", "6:10: release: there is no variant 'basline'; did you mean 'baseline'?"),
    (
        "gate on nothing",
        "gates: [{metric: membership.auk, max: 1}]\n",
        "6:18: gates: no stage finds 'membership.auk'; did you mean 'membership.auc'?",
    ),
    (
        "gate's pattern",
        "gates: [{metric: groups.sex.gian, max: 1}]\n",
        "6:18: gates: no stage finds 'groups.sex.gian'; did you mean 'groups.sex.gain'?",
    ),
    (
        "gate's stage",
        "gates: [{metric: zzz.auc, max: 1}]\n",
        "6:18: gates: no stage finds 'zzz.auc'; stages are factors, groups",
    ),
    (
        "gate's end",
        "gates: [{metric: membership.auc, max: 1, use: lower}]\n",
        "6:42: gates.use is 'lower'; a gate with max uses upper or value",
    ),
    (
        "gate without limit",
        "gates: [{metric: membership.auc}]\n",
        "6:9: the gate on membership.auc has neither max nor min",
    ),
    (
        "gate with both",
        "gates: [{metric: membership.auc, max: 1, min: 0}]\n",
        "6:42: the gate on membership.auc has both max and min",
    ),
    (
        "gate on no variant",
        "gates: [{metric: membership.auc, max: 1, on: [k10]}]\n",
        "6:47: gates: there is no variant 'k10'",
    ),
    (
        "gate not assessed",
        "assess: {reidentification: }\ngates: [{metric: membership.auc, max: 1}]\n",
        "7:18: gates: membership.auc needs membership, which is not assessed; add 'membership: {}' to assess",
    ),
    (
        "gate on a mitigation that is not there",
        "gates: [{metric: regularize.strength, max: 1}]\n",
        "6:18: gates: regularize.strength needs a mitigation by regularize, and this spec has none",
    ),
    (
        "gate of a later version",
        "gates: [{metric: erasure.gain, max: 1}]\n",
        "6:18: gates: erasure.gain comes from erasure, which is not available yet",
    ),
    (
        "estimator without module",
        ("sklearn.linear_model.LogisticRegression", "LogisticRegression"),
        "2:16: model.train.estimator: 'LogisticRegression' needs the module in front, such as "
        "sklearn.ensemble.RandomForestClassifier; did you mean 'sklearn.linear_model.LogisticRegression'?",
    ),
    (
        "estimator mistyped",
        ("LogisticRegression", "LogisticRegresion"),
        "2:16: model.train.estimator: 'sklearn.linear_model.LogisticRegresion' is no",
    ),
    (
        "estimator's package mistyped",
        ("sklearn", "sklaern"),
        "2:16: model.train.estimator: 'sklaern.linear_model.LogisticRegression' is no",
    ),
    (
        "no dotted name",
        ("sklearn.linear_model.LogisticRegression", "a b"),
        "2:16: model.train.estimator: 'a b' is no dotted name",
    ),
    (
        "estimator of estimators",
        ("linear_model.LogisticRegression", "ensemble.VotingClassifier"),
        "2:16: model.train.estimator: VotingClassifier needs estimators",
    ),
    (
        "parameter of the model",
        ("sklearn.linear_model.LogisticRegression", "{estimator: sklearn.svm.SVC, params: {gama: 1}}"),
        "2:54: model.train.params: SVC has no parameter 'gama'; did you mean 'gamma'?",
    ),
    (
        "parameter of a mitigation",
        "mitigations: [{id: a, regularize: {params: {max_itr: 5}}}]\n",
        "6:45: mitigations.a.regularize.params: LogisticRegression has no parameter 'max_itr'; did you mean 'max_iter'",
    ),
    (
        "earlier release that is not there",
        ("LogisticRegression}", "LogisticRegression, previous: old.skops}"),
        "2:67: model.previous: there is no file 'old.skops'",
    ),
    (
        "additions without an earlier release",
        ("LogisticRegression}", "LogisticRegression, added: age}"),
        "2:57: model.added goes with model.previous",
    ),
    (
        "augmentation of nothing",
        ("LogisticRegression}", "LogisticRegression, augmentation: {copies: 2}}"),
        "2:57: model.augmentation changes nothing",
    ),
    (
        "pictures without their shape",
        ("LogisticRegression}", "LogisticRegression, augmentation: {flip: true}}"),
        "2:72: model.augmentation.flip needs data.image",
    ),
    (
        "parameter of a mitigation's own estimator",
        "mitigations: [{id: a, regularize: {estimator: sklearn.svm.SVC, params: {max_depth: 5}}}]\n",
        "6:73: mitigations.a.regularize.params: SVC has no parameter 'max_depth'",
    ),
]


@pytest.mark.parametrize(("change", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_mistake_is_named_once_at_its_place(language, change, expected):
    text = BASE + change if isinstance(change, str) else BASE.replace(*change)
    assert text != BASE
    problems = language.problems(text)
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"s.yaml:{expected}")


LATER = [
    ("  population: {size: 100}\n", "6:3: data.population"),
    ("threat_model: {access: white-box}\n", "6:24: threat_model.access: 'white-box'"),
    ("threat_model: {data: none}\n", "6:22: threat_model.data: 'none'"),
    ("threat_model: {knows_architecture: false}\n", "6:36: threat_model.knows_architecture: false"),
    ("assess: {erasure: {features: [sex]}}\n", "6:10: assess.erasure"),
    ("mitigations: [{id: k10, anonymize: {k: 10, engine: auto}}]\n", "6:25: mitigations.k10.anonymize"),
    (("train: sklearn.linear_model.LogisticRegression", "scores: outputs.parquet"), "2:9: model.scores"),
    (
        ("train: sklearn.linear_model.LogisticRegression", "candidates: [{id: a, factory: m:f}]"),
        "2:9: model.candidates",
    ),
]


@pytest.mark.parametrize(("change", "expected"), LATER)
def test_what_is_not_built_yet_is_refused_and_never_ignored(language, change, expected):
    text = BASE + change if isinstance(change, str) else BASE.replace(*change)
    problems = language.problems(text)
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"s.yaml:{expected} is not available yet in this version of privnb")


def test_a_later_name_is_taken_once_its_stage_is_there(language):
    from privnb.spec import read_spec_text

    params = language.assessments["utility"]
    text = BASE + "assess: {erasure: {}}\nmitigations: [{id: k10, anonymize: {}}]\n"
    spec = read_spec_text(text, "s", ".", {"erasure": params}, {"anonymize": params}, []).spec
    assert list(spec.assess) == ["erasure"] and spec.mitigations[0].kind == "anonymize"


def test_two_kinds_in_one_mitigation(language):
    from privnb.spec import spec_problems

    params = language.assessments["utility"]
    text = BASE + "mitigations: [{id: a, one: {}, two: {}}]\n"
    (problem,) = spec_problems(text, "s", ".", {}, {"one": params, "two": params}, [])
    assert (problem.line, problem.column) == (6, 32)
    assert problem.message.startswith("mitigation 'a' has one and two; one mitigation is of one kind")


def test_all_problems_are_reported_in_the_order_of_the_file(language):
    text = BASE.replace("income", "incme") + "seed: x\nthreat_modle: {access: blackbox}\nrelease: k10\n"
    with pytest.raises(SpecError) as caught:
        language.read(text)
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [
        (5, 11),
        (6, 7),
        (7, 1),
        (7, 24),
        (8, 10),
    ]
    assert str(caught.value).splitlines()[0].startswith("my.privacy.yaml:5:11: data.target: the data set adult has no")


def test_estimators_of_other_packages_are_left_to_the_run(language):
    assert language.problems(BASE.replace("sklearn.linear_model.LogisticRegression", "xgboost.XGBClassifier")) == []


def test_parameters_of_a_nested_estimator_are_taken(language):
    train = "{estimator: sklearn.ensemble.BaggingClassifier, params: {estimator__max_depth: 3, n_estimators: 5}}"
    assert language.problems(BASE.replace("sklearn.linear_model.LogisticRegression", train)) == []


def test_a_value_over_several_lines_stays_one_line_in_the_message(language):
    (problem,) = language.problems(BASE.replace("income", '"in\n\n  come\\n!"'))
    assert problem.startswith("s.yaml:5:11: data.target") and "\n" not in problem


def test_no_more_than_two_hundred_problems_are_listed(language):
    assert len(language.problems(BASE + "".join(f"key{n}: 1\n" for n in range(5000)))) == 200
    assert len(language.problems(BASE + "privnb: 1\n" * 5000)) == 200
