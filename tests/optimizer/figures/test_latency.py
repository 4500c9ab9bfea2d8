from optimizer.figures.latency import Timed, latency_figure


def test_a_line_runs_from_the_median_to_the_longest() -> None:
    figure = latency_figure([Timed(label="ours", median_s=0.12, p95_s=0.3, max_s=1.4)], title="t")
    (axes,) = figure.axes
    assert [list(line.get_xdata()) for line in axes.lines[:2]] == [[0.12, 1.4], [0.12, 0.3]]
    assert axes.get_xscale() == "log"
    assert "120 ms" in [text.get_text() for text in axes.texts]


def test_what_took_no_time_can_still_be_drawn() -> None:
    (axes,) = latency_figure([Timed(label="a", median_s=0.0, p95_s=0.0, max_s=0.0)], title="t").axes
    assert min(axes.lines[0].get_xdata()) > 0
