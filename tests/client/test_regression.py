"""Bayesian linear regression, compared with textbook formulas in exact arithmetic."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heygen_video_translation.client.regression import (
    MAX_GROUPS,
    RETENTION,
    Prior,
    Regression,
    StudentT,
)

PRIOR = Prior(means=(4.0, 1.0), weights=(0.5, 4.0), shape=1.5, spread=0.5, group_weight=3.0)
COLUMNS_PRIOR = replace(PRIOR, means=(4.0, 1.0, 0.0, 0.0), weights=(0.5, 4.0, 3.0, 3.0))
GROUPS = st.sampled_from(["a", "b", None])
NUMBERS = st.integers(-40, 40).map(lambda tenths: tenths / 10.0)
OBSERVATIONS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=8)


def learned(observations):
    regression = Regression()
    for x, y in observations:
        regression = regression.after((1.0, x), y)
    return regression


def textbook(observations, x, prior):
    """Return freedom, center and squared scale of the prediction, by Gelman et al., exactly.

    The posterior is N(m', s²V'), IG(a', b') with V' = (V⁻¹ + X)⁻¹, m' = V'(V⁻¹m + Xy) and
    b' = b + (y·y + m·V⁻¹m - m'·V'⁻¹m')/2.
    """
    weights = [Fraction(RETENTION) ** n for n in reversed(range(len(observations)))]
    data = [(Fraction(x), Fraction(y), w) for (x, y), w in zip(observations, weights, strict=True)]
    m = [Fraction(mean) for mean in prior.means]
    first, second = (Fraction(weight) for weight in prior.weights)
    p = first + sum(w for _, _, w in data)
    q = sum(x * w for x, _, w in data)
    r = second + sum(x * x * w for x, _, w in data)
    determinant = p * r - q * q
    inverse = [[r / determinant, -q / determinant], [-q / determinant, p / determinant]]
    right = [
        first * m[0] + sum(y * w for _, y, w in data),
        second * m[1] + sum(x * y * w for x, y, w in data),
    ]
    mean = [sum(a * b for a, b in zip(row, right, strict=True)) for row in inverse]
    shape = Fraction(prior.shape) + sum(weights) / 2
    before = first * m[0] ** 2 + second * m[1] ** 2
    after = sum(a * b for a, b in zip(mean, right, strict=True))
    rate = Fraction(prior.shape) * Fraction(prior.spread) ** 2
    rate += (sum(y * y * w for _, y, w in data) + before - after) / 2
    leverage = inverse[0][0] + 2 * inverse[0][1] * Fraction(x) + inverse[1][1] * Fraction(x) ** 2
    return 2 * shape, mean[0] + mean[1] * Fraction(x), rate / shape * (1 + leverage)


@given(OBSERVATIONS, NUMBERS)
def test_prediction_equals_that_of_the_textbook(observations, x):
    found = learned(observations).predict((1.0, x), PRIOR)
    freedom, center, square = map(float, textbook(observations, x, PRIOR))
    assert found.freedom == pytest.approx(freedom)
    assert found.center == pytest.approx(center, abs=1e-9)
    assert found.scale**2 == pytest.approx(square, rel=1e-6)


def with_columns(x, group):
    """Return regressors with a column for each group."""
    return (1.0, x, float(group == "a"), float(group == "b"))


@given(st.lists(st.tuples(NUMBERS, NUMBERS, GROUPS), max_size=8), NUMBERS, GROUPS)
def test_groups_are_columns_of_the_regression(observations, x, group):
    grouped, columns = Regression(), Regression()
    for each, y, of in observations:
        grouped = grouped.after((1.0, each), y, of)
        columns = columns.after(with_columns(each, of), y)
    found = grouped.predict((1.0, x), PRIOR, group)
    expected = columns.predict(with_columns(x, group), COLUMNS_PRIOR)
    assert found.freedom == pytest.approx(expected.freedom)
    assert found.center == pytest.approx(expected.center, abs=1e-9)
    assert found.scale == pytest.approx(expected.scale, rel=1e-6)


def test_new_group_replaces_that_with_the_fewest_observations():
    regression = Regression()
    known = [str(number) for number in range(MAX_GROUPS)]
    for group in [*known * 3, "new", "new"]:
        regression = regression.after((1.0, 0.0), 1.0, group)
    assert regression.groups.keys() == {*known[1:], "new"}
    assert regression.groups["new"][0] == 1.0 + RETENTION


def test_old_observations_fade():
    regression = learned([(0.0, 1.0)] * 500 + [(0.0, 3.0)] * 500)
    assert regression.predict((1.0, 0.0), PRIOR).center == pytest.approx(3.0, abs=0.05)


@pytest.mark.parametrize("z", [-8.0, -2.0, -0.5, 0.0, 0.5, 1.0, 3.0, 8.0])
def test_survival_is_close_to_the_exact_one(z):
    exact = 0.5 - (math.atan(z / math.sqrt(3)) + math.sqrt(3) * z / (3 + z * z)) / math.pi
    found = StudentT(freedom=3.0, center=5.0, scale=2.0).survival(5.0 + 2.0 * z)
    assert found == pytest.approx(exact, abs=0.002)


def test_density_is_that_of_three_degrees_of_freedom():
    found = StudentT(freedom=3.0, center=5.0, scale=2.0).density(7.0)
    assert found == pytest.approx(6 * math.sqrt(3) / (math.pi * (3 + 1) ** 2) / 2.0)
