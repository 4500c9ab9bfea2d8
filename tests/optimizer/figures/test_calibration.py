from optimizer.figures.calibration import Predicted, calibration_figure

PIT = (0.05, 0.05, 0.1, 0.1, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05)


def predicted(label: str) -> Predicted:
    return Predicted(
        label=label, pit=PIT, coverage=((0.5, 0.55, 0.5, 0.6), (0.9, 0.93, 0.9, 0.96)), n_ratings=580
    )


def test_a_histogram_is_relative_to_the_flat_one() -> None:
    histogram, _ = calibration_figure([predicted("ours")], title="t").axes
    assert [round(bar.get_height(), 9) for bar in histogram.patches] == [round(10 * p, 9) for p in PIT]
    assert [line.get_ydata()[0] for line in histogram.lines] == [1.0]


def test_coverage_stands_beside_what_was_stated() -> None:
    _, coverage = calibration_figure([predicted("ours")], title="t").axes
    shown = [line.get_ydata()[0] for line in coverage.lines if line.get_marker() == "o"]
    assert shown == [0.55, 0.93]
    stated = next(entry for entry in coverage.collections if entry.get_label() == "stated")
    assert stated.get_segments()[0][:, 1].tolist() == [0.5, 0.5]


def test_every_policy_has_its_histogram_and_one_panel_compares_them() -> None:
    figure = calibration_figure([predicted("ours"), predicted("other")], title="t")
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "ours, 580 ratings",
        "other, 580 ratings",
        "ratings inside the interval",
    ]
