"""Augmentation: pictures move as scipy moves them, noise has its size, and a training on copies is found by copies."""

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from privnb.attacks.adapt import rows_of
from privnb.errors import DataError, ModelError
from privnb.factors import Augmentation, AugmentedTrainer, augmentation_of, augmented_scores, used_augmentation
from privnb.factors.augmented import augmentation_risk
from privnb.regularization import regularize
from privnb.subject import as_trainer
from privnb.subject.dictionary import Column, Dictionary
from privnb.subject.rows import Rows


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    return rows_of(X[order[:600]], y[order[:600]], X[order[600:1200]], y[order[600:1200]])


def test_pictures_are_shifted_as_scipy_shifts_them(digits):
    rows = digits[0].take(np.arange(20))
    pictures = rows.X.to_numpy().reshape(-1, 8, 8)
    moved = list(Augmentation(shift=2, shape=(8, 8), dark=3.0).changed(rows, 0))
    expected = [ndimage.shift(pictures, (0, *step), order=0, cval=3.0) for step in ((2, 0), (-2, 0), (0, 2), (0, -2))]
    assert len(moved) == 4
    for table, picture in zip(moved, expected):
        assert list(table.columns) == list(rows.X.columns)
        assert (table.to_numpy().reshape(-1, 8, 8) == picture).all()


def test_pictures_are_mirrored_and_turned_both_ways(digits):
    rows = digits[0].take(np.arange(5))
    pictures = rows.X.to_numpy().reshape(-1, 8, 8)
    mirrored, left, right = Augmentation(flip=True, rotate=90, shape=(8, 8)).changed(rows, 0)
    assert (mirrored.to_numpy().reshape(-1, 8, 8) == np.flip(pictures, axis=2)).all()
    for table, turns in ((left, 1), (right, -1)):
        turned = np.rot90(pictures, turns, axes=(1, 2))
        assert table.to_numpy().reshape(-1, 8, 8) == pytest.approx(turned) or table.to_numpy().reshape(
            -1, 8, 8
        ) == pytest.approx(np.rot90(pictures, -turns, axes=(1, 2)))
    assert (left.to_numpy() != right.to_numpy()).any()


def test_channels_stay_apart():
    random = np.random.default_rng(0)
    X = random.random((3, 4 * 4 * 3))
    rows, _ = rows_of(X, [0, 1, 0], X, [0, 1, 0])
    (mirrored,) = Augmentation(flip=True, shape=(4, 4, 3)).changed(rows, 0)
    assert (mirrored.to_numpy().reshape(3, 4, 4, 3) == X.reshape(3, 4, 4, 3)[:, :, ::-1]).all()


def test_noise_has_its_size_and_spares_categories():
    random = np.random.default_rng(0)
    X = pd.DataFrame({"n": random.normal(0, 5, 4000), "c": ["x", "y"] * 2000})
    schema = Dictionary({"n": Column("number"), "c": Column("categorical", categories=("x", "y"))}, "declared")
    rows = Rows(X, np.zeros(4000), pd.DataFrame(index=X.index), schema)
    copies = list(Augmentation(noise=0.2, copies=3).changed(rows, 1))
    assert len(copies) == 3
    for copy in copies:
        assert (copy.c == X.c).all()
        assert (copy.n - X.n).std() == pytest.approx(0.2 * X.n.std(), rel=0.05)  # relative error 1 / sqrt(2 x 4000)
    assert (copies[0].n != copies[1].n).any()
    with pytest.raises(ModelError, match="numeric features"):
        list(Augmentation(noise=0.2).changed(Rows(X[["c"]], rows.y, rows.context, schema), 1))


def test_what_cannot_be_is_refused(digits):
    with pytest.raises(DataError, match="above nothing"):
        Augmentation()
    with pytest.raises(DataError, match=r"data\.image"):
        Augmentation(flip=True)
    with pytest.raises(DataError, match="7 x 8 = 56 pixels and there are 64"):
        list(Augmentation(flip=True, shape=(7, 8)).changed(digits[0], 0))


def test_an_augmented_training_sees_rows_and_copies_and_is_the_same_twice(digits):
    rows = digits[0].take(np.arange(100))
    trainer = AugmentedTrainer(as_trainer(KNeighborsClassifier(1)), Augmentation(shift=1, noise=0.1, shape=(8, 8)))
    model = trainer.fit(rows, 3)
    assert model.estimator.n_samples_fit_ == 100 * (1 + 4 + 1)
    again = trainer.fit(rows, 3)
    assert (model.estimator._fit_X == again.estimator._fit_X).all()
    assert "shift 1 px, noise 0.1 SD, 1 copy" in trainer.label
    assert trainer.with_params(n_neighbors=3).fit(rows, 3).estimator.n_neighbors == 3


def test_who_asks_about_copies_finds_more_of_a_training_on_copies(digits):
    members, never = digits
    augmentation = Augmentation(shift=1, shape=(8, 8))
    model = AugmentedTrainer(as_trainer(RandomForestClassifier(60)), augmentation).fit(members, 1)
    found = augmentation_risk(model, members, never, "classification", augmentation, 5)
    assert found.difference.low > 0  # Yu et al. 2021: the mean over copies tells more than one answer
    assert found.with_it.value > found.without.value > 0.5


def test_without_labels_or_probabilities_the_scores_are_means_of_right_or_wrong(digits):
    members, _ = digits

    class Labels:
        classes = np.arange(10)

        def predict(self, X):
            return np.where(X.iloc[:, 20] > 8, 1, 0)

        def predict_proba(self, X):
            raise ModelError("labels only")

    scores, alone = augmented_scores(Labels(), members, "classification", Augmentation(shift=1, shape=(8, 8)), 0)
    assert set(alone) <= {0.0, 1.0}
    assert set(np.round(scores * 5)) <= set(range(6)) and (scores * 5) == pytest.approx(np.round(scores * 5))


def test_which_augmentation_a_training_used():
    forest = as_trainer(LogisticRegression())
    pictures = Augmentation(flip=True, shape=(8, 8))
    own = regularize(AugmentedTrainer(forest, pictures), ensemble={"members": 2})
    assert augmentation_of(own.identity) == pictures
    noisy = regularize(forest, noise={"scale": 0.3, "copies": 2}, early_stopping=None)
    assert augmentation_of(noisy.identity) == Augmentation(noise=0.3, copies=2)
    assert used_augmentation(noisy, pictures, given=False)[0] == Augmentation(noise=0.3, copies=2)
    assert used_augmentation(forest, pictures, given=True) == (pictures, "as declared")
    assert used_augmentation(forest, pictures, given=False) == (None, "the training used no augmentation")
    assert used_augmentation(as_trainer(lambda: LogisticRegression()), pictures, given=False)[0] == pictures
    none, why = used_augmentation(as_trainer(lambda: LogisticRegression()), None, given=False)
    assert none is None and "model.augmentation" in why
