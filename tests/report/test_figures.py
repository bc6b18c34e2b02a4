"""Charts: where marks lie and what is said of them."""

import re

import pytest

from signscale.report.figures import Line, bin_width, confusion_matrix, histogram, line_chart, short, thin, ticks


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 100, [0, 50, 100]), (0.3, 1.05, [0.4, 0.6, 0.8, 1.0]), (7, 7, [7]), (-1, 1, [-1, -0.5, 0, 0.5, 1])],
)
def test_ticks_are_round_numbers_inside_the_range(low, high, expected):
    assert ticks(low, high) == expected


def test_a_long_line_is_averaged_not_sampled():
    points = [(float(x), float(x % 2)) for x in range(1000)]
    thinned = thin(points, 100)
    assert len(thinned) == 100
    assert {y for _, y in thinned} == {0.5}
    assert thinned[0][0] == 4.5


def test_a_line_runs_from_corner_to_corner_of_its_axes():
    chart = line_chart("T", "step", [Line("Loss", "pretrained", [(0, 0), (10, 100)])])
    path = re.search(r'd="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"', chart)
    x0, y0, x1, y1 = map(float, path.groups())
    assert (x0, x1) == (46, 330)
    assert y0 == 156
    assert y1 == pytest.approx(156 - 148 / 1.06, abs=0.1)
    assert "Loss: 0 at step 0, 100 at step 10, lowest 0, highest 100." in chart


def test_a_histogram_counts_every_value_once():
    chart = histogram("Letters", "frames", [1, 24, 25, 26, 99, 300])
    heights = [float(height) for height in re.findall(r'height="([\d.]+)" class="bar"', chart)]
    assert [round(height / max(heights), 2) for height in heights] == [1, 1, 0, 0.5, *[0] * 8, 0.5]  # bins of 25
    assert "6 clips, from 1 to 300 frames, median 26" in chart


def test_bins_are_as_narrow_as_sixteen_allow():
    assert [bin_width([most]) for most in (15, 16, 79, 80, 256, 400)] == [1, 2, 5, 10, 25, 50]


def test_a_confusion_matrix_says_how_many_lie_on_its_diagonal():
    chart = confusion_matrix("letters", ["A", "B"], [[3, 1], [0, 2]])
    assert "2 classes, 5 of 6 on the diagonal" in chart
    assert chart.count("cell hit") == 2
    assert chart.count("cell miss") == 1


def test_labels_are_escaped():
    assert "<b>" not in confusion_matrix("<b>", ["<b>"], [[1]])


def test_axis_numbers_are_short():
    assert [short(value) for value in (0, 0.00001, 0.07, 12345.6, -3.5)] == ["0", "1.0e−5", "0.07", "12,346", "−3.5"]
