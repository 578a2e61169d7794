"""What attacks cost: scoring from saved signals, shadow models over bare fits, a whole audit."""

import argparse
import functools
import time
import tracemalloc
from collections.abc import Iterator

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier

from against_art.membership import models_of
from against_art.tables import SEEDS, TARGETS, Line, halves, spent, table_of
from privnb.attacks.audit import audit_membership
from privnb.attacks.methods import SCORES, Game
from privnb.attacks.universe import balanced_halves

MODELS = 8


def scoring(options: argparse.Namespace) -> Iterator[Line]:
    """RMIA and LiRA on 20,000 records and 64 shadow models, from saved signals."""
    random = np.random.default_rng(0)
    keep = balanced_halves(np.arange(20_000), None, 64, SEEDS)
    answers = {"log_odds": random.normal(size=(64, 20_000)) + keep}
    game = Game({"log_odds": random.normal(size=20_000)}, answers, keep, answers, keep, online=True)
    both = lambda: [SCORES[method](game) for method in ("rmia", "lira")]  # noqa: E731
    yield Line("milliseconds", "< 150", 1e3 * min(spent(both) for _ in range(5)))
    tracemalloc.start()
    both()
    yield Line("megabytes above the signals", "< 300", tracemalloc.get_traced_memory()[1] / 1e6)
    tracemalloc.stop()


def overhead(options: argparse.Namespace) -> Iterator[Line]:
    """Processor time of the shadow stage over a bare loop of `fit`, and of what the queries alone cost."""
    for name in ("digits", "adult"):
        fits, queries, stage = np.median([_three_costs(name) for _ in range(3)], axis=0)
        extra = stage - (fits + queries) / MODELS  # the stage also trains and queries its own target
        yield Line(f"{name}: shadow stage over fit, %", "< 5", 100 * (extra / fits - 1))
        yield Line(f"{name}: over fit and query, %", "", 100 * (extra / (fits + queries) - 1))


def _three_costs(name: str) -> tuple[float, float, float]:
    """Processor seconds of fitting the shadow models, of querying them, and of the whole stage."""
    dataset, estimator = TARGETS[name]
    rows = table_of(dataset)
    X, y = rows.X.to_numpy(), rows.y
    keep = balanced_halves(rows.persons, rows.y, MODELS, SEEDS)
    fitted = []

    def fit():
        for i, half in enumerate(keep):
            fitted.append(clone(estimator).set_params(random_state=SEEDS("shadow", i)).fit(X[half], y[half]))

    def ask():
        for model in fitted:
            model.predict_proba(X)

    stage = functools.partial(models_of.__wrapped__, name, MODELS, 1)
    return spent(fit, time.process_time), spent(ask, time.process_time), spent(stage, time.process_time)


def audit(options: argparse.Namespace) -> Iterator[Line]:
    """The whole default audit of a forest on 2,000 rows, two cores."""
    members, others = halves(table_of("adult"))
    members, others = (part.take(np.arange(1000)) for part in (members, others))
    run = lambda: audit_membership(  # noqa: E731
        RandomForestClassifier(100, min_samples_leaf=5), members.X, members.y, others.X, others.y, jobs=2
    )
    yield Line("seconds", "< 60", spent(run))
