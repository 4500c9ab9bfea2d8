"""The surrogate of one patient: equally weighted draws, conditioned on the reports."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement, product

import torch
from torch import Tensor

from optimizer.models import postures
from optimizer.models.dataset import DTYPE, Dataset, Points
from optimizer.models.likelihood import blocks
from optimizer.models.relief import Relief, Seen
from optimizer.models.tolerability import Grades
from optimizer.problem import PostureUse
from optimizer.trial import Posture


@dataclass(frozen=True, slots=True, kw_only=True)
class Surrogate:
    """Relief and side effects of one patient, given the history. ``s`` draws, ``n`` trials, ``c`` points."""

    dataset: Dataset
    values: dict[str, Tensor]
    """Hyperparameters, ``(s, 1)`` each."""
    relief: Relief
    grades: Grades | None
    """None where tolerability does not apply."""
    seen: Seen
    """The settings of the ratings, under each draw."""
    factor: Tensor
    """``(s, n, n)`` Cholesky factor of the covariance of the ratings."""
    white: Tensor
    """``(s, n, 1)`` whitened residuals of the ratings."""
    felt_in: tuple[int, ...]
    """Codes of the postures settings are used in: their relief is the mean over these."""
    effective_sample_size: float

    @property
    def n_draws(self) -> int:
        """Number of draws ``s``."""
        return len(self.values["noise_sd"])

    @property
    def rating_variance(self) -> Tensor:
        """Variance of one rating around relief, ``(s, 1)``, on a day that resembles no other."""
        return self.values["noise_sd"].square() + self.values["day_sd"].square()

    @property
    def shares(self) -> tuple[float, ...]:
        """What each distinct posture of use weighs in relief; several may share a threshold and are then one."""
        return tuple(self.felt_in.count(code) / len(self.felt_in) for code in dict.fromkeys(self.felt_in))

    def report(self, prediction: "Prediction") -> tuple[Tensor, Tensor]:
        """Return mean and variance of a rating given when it is asked, ``(s, c)`` each.

        To relief come the noise of a rating, its day, and, where it is expected, how far pain has drifted: conditioned on the
        ratings together with relief (Rasmussen and Williams 2006, equations 2.25 and 2.26).
        """
        variance = prediction.variance + self.rating_variance
        if "drift_sd" not in self.values:
            return prediction.mean, variance
        drift = self.values["drift_sd"].square()
        # whitened covariance of the ratings with drift now, (s, n, 1), as prediction.root is with relief
        root = torch.linalg.solve_triangular(
            self.factor, drift[..., None] * self.dataset.to_now[:, None], upper=False
        )
        explained = (root * (root + 2.0 * prediction.root)).sum(1)
        mean = prediction.mean + (root * self.white).sum(1)
        return mean, (variance + drift - explained).clamp_min(1e-10)

    def predict(self, points: Points) -> "Prediction":
        """Return the posterior of relief at points, draw by draw, whatever posture the points are in."""
        return self._predicted(points, self._seen(points))

    def expected(self, points: Points) -> Tensor:
        """Return the posterior mean of relief alone, ``(s, c)``: without the factorisation's share of a prediction."""
        everywhere, found = self._seen(points), []
        for which in blocks(self.n_draws, len(self.dataset.relief) * len(points)):
            part, seen = self.draws(which), [there.draws(which) for there in everywhere]
            carried = torch.linalg.solve_triangular(part.factor.transpose(1, 2), part.white, upper=True)
            moved = (part._cross(seen).transpose(1, 2) @ carried)[..., 0]  # noqa: SLF001 - of its own kind
            found.append(_mixed([there.mean for there in seen], self.shares) + moved)
        return torch.cat(found)

    def compare(self, points: Points, reference: Points) -> "Comparison":
        """Return the posterior of relief at many points beside one other, some draws at a time."""
        everywhere, beside, found = self._seen(points), self.predict(reference), []
        for which in blocks(self.n_draws, len(self.dataset.relief) * len(points)):
            part, other = self.draws(which), beside.draws(which)
            there = part._predicted(points, [seen.draws(which) for seen in everywhere])  # noqa: SLF001
            variance = there.variance
            found.append((there.mean, variance, there.mean - other.mean, variance - there.shared_with(other)))
        mean, variance, gain, covariance = (torch.cat(parts) for parts in zip(*found, strict=True))
        return Comparison(mean=mean, variance=variance, gain=gain, covariance=covariance)

    def surfaces(self, points: Points, noise: Tensor) -> Tensor:
        """Return ``k`` response surfaces under each draw, ``(s, c, k)``, from standard normal noise of that shape."""
        everywhere, found = self._seen(points), []
        jitter = 1e-6 * torch.eye(len(points), dtype=DTYPE)
        for which in blocks(self.n_draws, len(points) ** 2):
            part = self.draws(which)
            there = part._predicted(points, [seen.draws(which) for seen in everywhere])  # noqa: SLF001
            root = torch.linalg.cholesky_ex(there.covariance() + jitter)[0]
            found.append(there.mean[..., None] + root @ noise[which])
        return torch.cat(found)

    def _seen(self, points: Points) -> list[Seen]:
        """Return points as seen in each distinct posture of use, in the order of :attr:`shares`."""
        return [self.relief.at(self.values, points.in_posture(code)) for code in dict.fromkeys(self.felt_in)]

    def _predicted(self, points: Points, seen: Sequence[Seen]) -> "Prediction":
        root = torch.linalg.solve_triangular(self.factor, self._cross(seen), upper=False)
        mean = _mixed([there.mean for there in seen], self.shares) + (root * self.white).sum(1)
        return Prediction(surrogate=self, points=points, seen=tuple(seen), mean=mean, root=root)

    def _cross(self, seen: Sequence[Seen]) -> Tensor:
        """Return the prior covariance of ratings with the mean over the postures of use, ``(s, n, c)``."""
        return _mixed([self.relief.covariance(self.seen.inputs, there.inputs) for there in seen], self.shares)

    def draws(self, which: slice) -> "Surrogate":
        """Return the surrogate of some of the draws."""
        return replace(
            self,
            values={name: value[which] for name, value in self.values.items()},
            seen=self.seen.draws(which),
            factor=self.factor[which],
            white=self.white[which],
        )

    def expected_grade(self, points: Points) -> Tensor:
        """Return the expected side-effect grade, ``(s, c)``; zeros where tolerability does not apply."""
        if self.grades is None:
            return torch.zeros(self.n_draws, len(points), dtype=DTYPE)
        return self.grades.expected(self.values, points)

    def p_intolerable(
        self, points: Points, uses: Sequence[PostureUse] = (), now: Posture = Posture.UNKNOWN
    ) -> Tensor:
        """Return the probability of an intolerable report, over draws and noise, ``(c,)``.

        Args:
            points: Settings.
            uses: What they are used for: the worst posture counts. In the reference posture where left out.
            now: A posture they are felt in besides.
        """
        if self.grades is None:
            return torch.zeros(len(points), dtype=DTYPE)
        used = self.used(points, uses)
        if now is not Posture.UNKNOWN:
            code = postures.code(now, self.dataset.postures)
            used += (
                [] if code in postures.codes_of(uses, self.dataset.postures) else [points.in_posture(code)]
            )
        found = [self.grades.p_intolerable(self.values, there).mean(0) for there in used]
        return torch.stack(found).amax(0)

    def rated_in(self, posture: Posture) -> "Surrogate":
        """Return the surrogate of what is felt in one posture; of the mean over those of use where it is not said."""
        alone = (postures.code(posture, self.dataset.postures),)
        if posture is Posture.UNKNOWN or alone == self.felt_in:
            return self
        return replace(self, felt_in=alone)

    def used(self, points: Points, uses: Sequence[PostureUse]) -> list[Points]:
        """Return settings once for every posture they are used in and that has a threshold of its own."""
        return [points.in_posture(code) for code in postures.codes_of(uses, self.dataset.postures)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Posterior of relief at ``c`` points under each of ``s`` draws."""

    surrogate: Surrogate
    points: Points
    seen: tuple[Seen, ...]
    """Once for every distinct posture of use."""
    mean: Tensor
    """``(s, c)``"""
    root: Tensor
    """``(s, n, c)``: whitened covariance with the ratings."""

    @property
    def variance(self) -> Tensor:
        """Return the marginal variance, ``(s, c)``."""
        relief = self.surrogate.relief
        prior = _mixed(
            [
                relief.variance(here.inputs) if here is there else relief.paired(here.inputs, there.inputs)
                for here, there in product(self.seen, repeat=2)
            ],
            [one * other for one, other in product(self.surrogate.shares, repeat=2)],
        )
        return (prior - self.root.square().sum(1)).clamp_min(1e-10)

    def draws(self, which: slice) -> "Prediction":
        """Return the prediction under some of the draws."""
        return replace(
            self,
            surrogate=self.surrogate.draws(which),
            seen=tuple(there.draws(which) for there in self.seen),
            mean=self.mean[which],
            root=self.root[which],
        )

    def at(self, place: int) -> "Prediction":
        """Return the prediction at one of the points alone."""
        one = torch.tensor([place])
        return replace(
            self,
            points=self.points.take(one),
            seen=tuple(Seen(mean=there.mean[:, one], inputs=there.inputs[:, one]) for there in self.seen),
            mean=self.mean[:, one],
            root=self.root[..., one],
        )

    def covariance(self) -> Tensor:
        """Return the joint covariance, ``(s, c, c)``."""
        return self.covariances(len(self.mean[0]))[:, 0]

    def covariances(self, q: int) -> Tensor:
        """Return the joint covariance of every ``q`` points that follow each other, ``(s, c / q, q, q)``."""
        relief, felt = self.surrogate.relief, list(zip(self.seen, self.surrogate.shares, strict=True))
        terms, shares = [], []
        # posture by posture it is symmetric: two of them are looked at once
        for (here, one), (there, other) in combinations_with_replacement(felt, 2):
            prior = relief.covariance(_groups(here.inputs, q), _groups(there.inputs, q))
            terms.append(prior if here is there else prior + prior.transpose(1, 2))
            shares.append(one * other)
        root = _groups(self.root.transpose(1, 2), q)
        found = _mixed(terms, shares) - root @ root.transpose(1, 2)
        return found.reshape(len(self.mean), -1, q, q)

    def gain_over(self, reference: "Prediction") -> tuple[Tensor, Tensor]:
        """Return mean and variance of the difference in relief to one other point, ``(s, c)`` each.

        Args:
            reference: Prediction at one point.
        """
        variance = self.variance + reference.variance - 2.0 * self.shared_with(reference)
        return self.mean - reference.mean, variance.clamp_min(1e-10)

    def shared_with(self, other: "Prediction") -> Tensor:
        """Return the covariance with relief at one other point, ``(s, c)``."""
        relief = self.surrogate.relief
        prior = _mixed(
            [relief.covariance(here.inputs, there.inputs) for here, there in product(self.seen, other.seen)],
            [here * there for here, there in product(self.surrogate.shares, other.surrogate.shares)],
        )
        return (prior - self.root.transpose(1, 2) @ other.root)[..., 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Relief of ``c`` points beside that of one other, under each of ``s`` draws; ``(s, c)`` each."""

    mean: Tensor
    variance: Tensor
    gain: Tensor
    """Expected difference to the other point."""
    covariance: Tensor
    """Of that difference with relief here."""


def _groups(rows: Tensor, q: int) -> Tensor:
    """Return rows of draws, ``(s, c, k)``, in groups of ``q``, ``(s * c / q, q, k)``."""
    return rows.reshape(-1, q, rows.shape[-1])


def _mixed(terms: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """Return the weighted mean of tensors of one shape; of one, itself, as another pass over it would cost."""
    if len(terms) == 1:
        return terms[0]
    total = shares[0] * terms[0]
    for share, term in zip(shares[1:], terms[1:], strict=True):
        total = total.add(term, alpha=share)
    return total
