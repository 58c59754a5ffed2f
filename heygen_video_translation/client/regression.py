"""Bayesian linear regression with a conjugate prior, in which older observations count less.

An observation may belong to a group. Each group has an intercept of its own, as in mixed models.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RETENTION = 0.99
"""Share of what was learned that is kept per further job: about the last hundred jobs count."""

MAX_GROUPS = 40
"""Most groups that are known. A further one replaces that with the fewest observations."""

Vector: TypeAlias = tuple[float, ...]
Matrix: TypeAlias = tuple[Vector, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is assumed before the first observation.

    The coefficients are independent, with `means`, and weigh as much as `weights` observations.
    The residuals have about the standard deviation `spread`, which weighs as much as twice `shape`
    observations. That the intercept of a group is 0 weighs as much as `group_weight` observations
    of this group.
    """

    means: Vector
    weights: Vector
    shape: float
    spread: float
    group_weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentT:
    """Student's t distribution with `freedom` degrees of freedom, moved and scaled."""

    freedom: float
    center: float
    scale: float

    def density(self, value: float) -> float:
        freedom, z = self.freedom, (value - self.center) / self.scale
        gammas = math.lgamma((freedom + 1.0) / 2.0) - math.lgamma(freedom / 2.0)
        power = (freedom + 1.0) / 2.0 * math.log1p(z * z / freedom)
        return math.exp(gammas - power) / (self.scale * math.sqrt(math.pi * freedom))

    def survival(self, value: float) -> float:
        """Return the probability of a larger value.

        It is that of the normal deviate into which Wallace transforms z (Annals of Mathematical
        Statistics 30 (1959) 1121); from 3 degrees of freedom on, it is wrong by less than 0.002.
        """
        freedom, z = self.freedom, (value - self.center) / self.scale
        factor = (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0)
        deviate = factor * math.sqrt(freedom * math.log1p(z * z / freedom))
        return math.erfc(math.copysign(deviate, z) / math.sqrt(2.0)) / 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """The sums over the observations (x, y) of a linear regression.

    With weights w that fall by `RETENTION` per further observation, `count` is the sum of w,
    `products` that of w·x·xᵀ, `moments` that of w·x·y, and `squares` that of w·y². `groups` has
    the sum of w·(1, x, y) over the observations of each group.
    """

    count: float = 0.0
    products: Matrix = ()
    moments: Vector = ()
    squares: float = 0.0
    groups: Mapping[str, Vector] = field(default_factory=dict, hash=False)

    def after(self, x: Vector, y: float, group: str | None = None) -> Regression:
        """Return the sums with one more observation."""
        empty = (0.0,) * len(x)
        return Regression(
            count=self.count * RETENTION + 1.0,
            products=tuple(
                _add(row, tuple(a * b for b in x))
                for row, a in zip(self.products or (empty,) * len(x), x, strict=True)
            ),
            moments=_add(self.moments or empty, tuple(a * y for a in x)),
            squares=self.squares * RETENTION + y * y,
            groups=self._groups_after((1.0, *x, y), group),
        )

    def _groups_after(self, values: Vector, group: str | None) -> Mapping[str, Vector]:
        nothing = (0.0,) * len(values)
        groups = {
            name: _add(sums, values if name == group else nothing)
            for name, sums in self.groups.items()
        }
        if group is not None and group not in groups:
            if len(groups) == MAX_GROUPS:
                del groups[min(groups, key=lambda name: groups[name][0])]
            groups[group] = values
        return groups

    def predict(self, x: Vector, prior: Prior, group: str | None = None) -> StudentT:
        """Return the predictive distribution of the next y.

        With the normal-inverse-gamma prior β ~ N(m, σ²Λ⁻¹), σ² ~ IG(a, b), it is

            t with 2a' degrees of freedom, center x·(m + d), scale² = b'/a' (1 + xᵀ(Λ + X)⁻¹x)
            d = (Λ + X)⁻¹ r,  a' = a + n/2,  b' = b + (s - d·r)/2

        where X is `products`, n is `count`, and r and s are `moments` and `squares` of the
        residuals y - x·m (Gelman et al., Bayesian Data Analysis, 3rd edition, chapter 14).

        The intercepts of the groups are further coefficients. As each observation has at most one,
        their part of Λ + X is diagonal, and they are eliminated one by one (Schur complement).
        """
        means = prior.means
        products = self.products or ((0.0,) * len(x),) * len(x)
        moments = self.moments or (0.0,) * len(x)
        expected = [_dot(row, means) for row in products]
        residuals = [moment - part for moment, part in zip(moments, expected, strict=True)]
        squares = self.squares - 2.0 * _dot(means, moments) + _dot(means, expected)
        posterior = [
            [value + (weight if i == j else 0.0) for j, value in enumerate(row)]
            for i, (row, weight) in enumerate(zip(products, prior.weights, strict=True))
        ]
        intercept, intercept_variance, moved = 0.0, 0.0, x
        if group is not None:
            intercept_variance = 1.0 / prior.group_weight
        for name, (size, *sums, moment) in self.groups.items():
            variance = 1.0 / (size + prior.group_weight)
            residual = moment - _dot(sums, means)
            for i, value in enumerate(sums):
                residuals[i] -= variance * value * residual
                for j, other in enumerate(sums):
                    posterior[i][j] -= variance * value * other
            squares -= variance * residual**2
            if name == group:
                intercept, intercept_variance = variance * residual, variance
                moved = tuple(a - variance * b for a, b in zip(x, sums, strict=True))
        change, leverage = _solve(posterior, residuals), _solve(posterior, moved)
        shape = prior.shape + self.count / 2.0
        rate = prior.shape * prior.spread**2
        rate += max(squares - _dot(change, residuals), 0.0) / 2.0
        return StudentT(
            freedom=2.0 * shape,
            center=_dot(x, means) + intercept + _dot(moved, change),
            scale=math.sqrt(rate / shape * (1.0 + intercept_variance + _dot(moved, leverage))),
        )


NO_OBSERVATIONS = Regression()


def _add(sums: Vector, values: Vector) -> Vector:
    """Return sums with one more observation's values."""
    return tuple(old * RETENTION + value for old, value in zip(sums, values, strict=True))


def _dot(first: Sequence[float], second: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


def _solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """Solve a system of linear equations whose matrix is symmetric and positive definite.

    Such a matrix needs no pivoting in Gauss's elimination.
    """
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i, pivot in enumerate(rows):
        for row in rows[i + 1 :]:
            factor = row[i] / pivot[i]
            row[i:] = [a - factor * b for a, b in zip(row[i:], pivot[i:], strict=True)]
    solution = [0.0] * len(rows)
    for i in reversed(range(len(rows))):
        row = rows[i]
        solution[i] = (row[-1] - _dot(row[i + 1 : -1], solution[i + 1 :])) / row[i]
    return solution
