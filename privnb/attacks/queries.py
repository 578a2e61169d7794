"""Model inversion by asking alone: candidates that the model is surest of are mixed until it is sure enough."""

from typing import Any

import numpy as np

from privnb.attacks.questionnaire import Questionnaire

_ROUND = 100  # candidates a class and round
_ELITE = 0.2
_WAY = 21


def invert_by_queries(
    model: Any, asked: Questionnaire, reference: np.ndarray | None, confidence: float, queries: int, seed: int
) -> tuple[np.ndarray, int]:
    """Points (classes x q) by an evolution of candidates, and how many rows the model was asked about.

    The first candidates are reference points (m x q), or random ones within the limits. Their mean, weighted by the
    class's probability, is moved towards the mean of those that the model is surest of, until it reaches `confidence`.
    Where it does not, pairs of the surest are mixed in rounds, with a little noise where there is no reference, and
    the surest fifth is averaged. At most `queries` rows a class are asked. A model that gives labels only is asked for
    labels.
    """
    random = np.random.default_rng(seed)
    classes = len(model.classes)
    first = _first(asked, reference, random, min(max(queries // 4, _ROUND), 1000))
    scores = _answers(model, asked, first)
    count = len(first)
    pools = [first[np.argsort(-scores[:, k], kind="stable")[: max(10, int(_ELITE * len(first) / classes))]]
             for k in range(classes)]  # fmt: skip
    best, reached = _on_the_way(model, asked, expected(first, scores), pools, confidence)
    count += classes * _WAY
    size, spent = 0.2, len(first) // classes
    while spent + _ROUND <= queries and (open_ := np.flatnonzero(reached < confidence)).size:
        candidates = np.vstack([_mixed(pools[k], asked, random, 0.0 if reference is not None else size) for k in open_])
        scores = _answers(model, asked, candidates).reshape(len(open_), _ROUND, classes)
        for place, k in enumerate(open_):
            mine = candidates[place * _ROUND : (place + 1) * _ROUND]
            order = np.argsort(-scores[place, :, k], kind="stable")[: int(_ELITE * _ROUND)]
            pools[k] = mine[order]
        means = np.array([pools[k].mean(axis=0) for k in open_])
        now = _answers(model, asked, means)[np.arange(len(open_)), open_]
        count += len(candidates) + len(means)
        better = now > reached[open_]
        best[open_[better]], reached[open_[better]] = means[better], now[better]
        size, spent = max(size * 0.9, 0.02), spent + _ROUND
    return best, count


def expected(points: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Mean of points (m x q) weighted by each class's probability (m x classes): what a row of the class looks like."""
    weights = probabilities + 1e-9
    return (weights / weights.sum(axis=0)).T @ points


def _on_the_way(
    model: Any, asked: Questionnaire, means: np.ndarray, pools: list[np.ndarray], confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """For each class the first point from its mean towards its surest candidates that reaches `confidence`."""
    classes, share = len(means), np.linspace(0, 1, _WAY)[:, None]
    ways = np.array([(1 - share) * mean + share * pool.mean(axis=0) for mean, pool in zip(means, pools)])
    answers = _answers(model, asked, ways.reshape(-1, asked.size)).reshape(classes, _WAY, -1)
    own = answers[np.arange(classes), :, np.arange(classes)]
    place = np.where((own >= confidence).any(axis=1), np.argmax(own >= confidence, axis=1), np.argmax(own, axis=1))
    return ways[np.arange(classes), place], own[np.arange(classes), place]


def _first(asked: Questionnaire, reference: np.ndarray | None, random: np.random.Generator, most: int) -> np.ndarray:
    if reference is not None:
        return reference[np.sort(random.permutation(len(reference))[:most])]
    # some candidates mostly near the lower limits, some near the upper, some even
    lean = np.exp(random.uniform(-1.5, 2.0, size=(most, 1)))
    return asked.project(random.random((most, asked.size)) ** lean)


def _mixed(pool: np.ndarray, asked: Questionnaire, random: np.random.Generator, noise: float) -> np.ndarray:
    mothers, fathers = pool[random.integers(len(pool), size=(2, _ROUND))]
    share = random.random((_ROUND, 1))
    children = share * mothers + (1 - share) * fathers
    return asked.project(children + noise * random.normal(size=children.shape))


def _answers(model: Any, asked: Questionnaire, points: np.ndarray) -> np.ndarray:
    """Probabilities (m x classes), or 1 for the predicted label of a model that gives labels only."""
    rows = asked.rows(points)
    if getattr(model, "gives_probabilities", True):
        return model.predict_proba(rows)
    return (np.asarray(model.predict(rows))[:, None] == model.classes).astype(np.float64)
