"""Stand-ins for a validated spec, with the attributes that `build_subject` reads."""

from types import SimpleNamespace

FOREST = "sklearn.ensemble.RandomForestClassifier"
LOGISTIC = "sklearn.linear_model.LogisticRegression"
SPLIT = {"train": 0.35, "validation": 0.1, "evaluation": 0.25, "pool": 0.3}


def data_section(split=SPLIT, **given):
    """The `data` section, all roles empty but the given ones."""
    names = ("builtin", "path", "train", "holdout", "member", "target", "person_id", "party", "dictionary")
    fields = dict.fromkeys(names) | {"sensitive": [], "quasi_identifiers": [], "identifiers": []} | given
    return SimpleNamespace(**fields, split=SimpleNamespace(**split))


def spec(data, estimator=LOGISTIC, params=None, file=None, factory=None, trust=False, seed=7):
    """A spec with one kind of model."""
    train = None if file or factory else SimpleNamespace(estimator=estimator, params=params or {})
    model = SimpleNamespace(train=train, file=file, factory=factory, trust=trust)
    return SimpleNamespace(data=data, model=model, seed=seed)
