"""The few figures one remembers of a comparison."""

from dataclasses import dataclass

from optimizer.evaluate.metrics.estimate import Estimate
from optimizer.evaluate.metrics.summary import Summary
from optimizer.evaluate.report.comparison import Compared
from optimizer.evaluate.report.words import label, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure in large type."""

    value: str
    interval: str
    """Empty where there is none."""
    says: str


def tiles(found: Compared) -> list[Tile]:
    """Return the figures of the first policy of a comparison: worth, cost, breaches, predictions, time."""
    first = found.summaries[0]
    name = label(first.policy)
    entries = [
        _worth(first, name),
        _tile(first.exposures, 2, f"trials above the tolerability limit per patient, {name}"),
        Tile(value=str(first.n_breaches), interval="all trials", says=f"hard limits broken, {name}"),
    ]
    if first.calibration is not None:
        entries.append(
            _tile(
                first.calibration.coverage_90, 0, "ratings inside the predicted 90 % interval", percent=True
            )
        )
    if first.claims_null is not None:
        entries.append(_tile(first.claims_null, 0, "benefit claimed where nothing helps", percent=True))
    entries.append(
        Tile(
            value=f"{first.ask_median_s:.2f} s",
            interval=f"95 %: {first.ask_p95_s:.2f} s",
            says=f"median time of an answer, {name}",
        )
    )
    return [entry for entry in entries if entry is not None]


def _worth(first: Summary, name: str) -> Tile | None:
    last = max((after for after, share in first.shares.items() if share is not None), default=None)
    if last is None:
        return _tile(first.final_nrs, 2, f"points of relief at the end, {name}")
    return _tile(first.shares[last], 0, f"of achievable relief after {last} trials, {name}", percent=True)


def _tile(found: Estimate | None, digits: int, says: str, *, percent: bool = False) -> Tile | None:
    if found is None:
        return None
    scale, unit = (100, " %") if percent else (1, "")
    value, low, high = (number(scale * entry, digits) for entry in (found.value, found.low, found.high))
    return Tile(value=f"{value}{unit}", interval=f"{low} to {high}{unit}", says=says)
