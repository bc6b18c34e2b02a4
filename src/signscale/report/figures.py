"""Charts as inline SVG: lines, bars, dots with intervals, a confusion matrix.

Drawn by hand rather than by a plotting library so that they take their colours from the page's style sheet (light and
dark), scale with the text, carry their own description for screen readers, and come out the same byte for byte.
Units are the SVG's own; a small panel is 340 wide, the width of a phone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from signscale.report import svg
from signscale.report.results import INITS
from signscale.report.tables import INIT_NAMES, Row, number

WIDTH, HEIGHT = 340, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 8, 34
MOST_POINTS = 240  # of a line; longer ones are averaged in equal runs


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart. css: class that colours it. points: (x, y), x rising."""

    label: str
    css: str
    points: Sequence[tuple[float, float]]


def short(value: float) -> str:
    """A number for an axis or a description: at most four significant digits, thousands separated."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace("-", "−")
    if abs(value) < 1e-3:
        return f"{value:.1e}".replace("e-0", "e-").replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) within [low, high], about `count` of them."""
    if high <= low:
        return [low]
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def thin(points: Sequence[tuple[float, float]], most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """At most `most` points: neighbours are averaged in runs of equal length."""
    run = math.ceil(len(points) / most) if points else 1
    groups = [points[start : start + run] for start in range(0, len(points), run)]
    return [(sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)) for group in groups]


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where data lie in a small panel."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        span = (self.x_high - self.x_low) or 1.0
        return LEFT + (value - self.x_low) / span * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        span = (self.y_high - self.y_low) or 1.0
        return HEIGHT - BOTTOM - (value - self.y_low) / span * (HEIGHT - TOP - BOTTOM)

    def draw(self, x_label: str) -> list[Markup]:
        """Grid, numbers along both axes, and the name of the x axis."""
        parts = []
        for value in ticks(self.y_low, self.y_high):
            parts.append(svg.rule(LEFT, self.y(value), WIDTH - RIGHT, self.y(value), "grid"))
            parts.append(svg.text(LEFT - 6, self.y(value) + 3.5, short(value), "end"))
        parts += [svg.text(self.x(value), HEIGHT - BOTTOM + 14, short(value), "mid") for value in self.x_ticks()]
        parts.append(svg.rule(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "axis"))
        parts.append(svg.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, x_label, "mid name"))
        return parts

    def x_ticks(self) -> list[float]:
        """Numbers along the x axis, whole ones where the axis counts something."""
        return [value for value in ticks(self.x_low, self.x_high, 5) if value == int(value) or self.x_high < 5]


def _span(values: Sequence[float]) -> tuple[float, float]:
    """Range of an axis: starts at 0 where that wastes little, else leaves a little air."""
    low, high = min(values), max(values)
    if low == high:
        return (0.0, high * 1.2) if high > 0 else (low - 1, high + 1)
    air = (high - low) * 0.06
    return (0.0 if 0 <= low < 0.4 * high else low - air), high + air


def _described(line: Line, x_label: str) -> str:
    (x0, y0), (x1, y1) = line.points[0], line.points[-1]
    low, high = min(y for _, y in line.points), max(y for _, y in line.points)
    return (
        f"{line.label}: {short(y0)} at {x_label} {short(x0)}, {short(y1)} at {x_label} {short(x1)}, "
        f"lowest {short(low)}, highest {short(high)}."
    )


def line_chart(title: str, x_label: str, lines: Sequence[Line]) -> Markup:
    """Lines over one x axis. The description gives the ends and extremes of each. Needs at least one point."""
    lines = [line for line in lines if line.points]
    axes = _Axes(
        min(line.points[0][0] for line in lines),
        max(line.points[-1][0] for line in lines),
        *_span([y for line in lines for _, y in line.points]),
    )
    parts = axes.draw(x_label)
    for line in lines:
        points = thin(line.points)
        if len(points) == 1:
            x, y = points[0]
            parts.append(
                Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3" class="dot {}"/>').format(axes.x(x), axes.y(y), line.css)
            )
            continue
        path = "M" + "L".join(f"{axes.x(x):.1f} {axes.y(y):.1f}" for x, y in points)
        parts.append(Markup('<path d="{}" class="line {}"/>').format(path, line.css))
    label = f"Line chart. {title}. " + " ".join(_described(line, x_label) for line in lines)
    return svg.picture(WIDTH, HEIGHT, label, "chart", parts)


def bin_width(values: Sequence[int]) -> int:
    """The narrowest of a few round widths that needs no more than 16 bins."""
    return next((width for width in (1, 2, 5, 10, 25) if max(values) < 16 * width), 50)


def histogram(title: str, x_label: str, values: Sequence[int]) -> Markup:
    """How many values fall in each bin [k x width, (k + 1) x width). Needs at least one value."""
    width = bin_width(values)
    bins = [0] * (max(values) // width + 1)
    for value in values:
        bins[value // width] += 1
    axes = _Axes(0, len(bins) * width, 0, max(bins) * 1.06)
    parts = axes.draw(x_label)
    for index, count in enumerate(bins):
        x, right = axes.x(index * width), axes.x((index + 1) * width)
        box = (x + 0.5, axes.y(count), right - x - 1, HEIGHT - BOTTOM - axes.y(count))
        parts.append(Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="bar"/>').format(*box))
    ordered = sorted(values)
    label = (
        f"Histogram. {title}. {len(values)} clips, from {ordered[0]} to {ordered[-1]} frames, "
        f"median {ordered[len(ordered) // 2]}; most clips ({max(bins)}) lie between "
        f"{bins.index(max(bins)) * width} and {(bins.index(max(bins)) + 1) * width - 1}."
    )
    return svg.picture(WIDTH, HEIGHT, label, "chart", parts)


def _marker(init: str, x: float, y: float) -> Markup:
    """Each init has its own shape, so that colour is not needed to tell them apart."""
    if init == "nearest":
        return Markup('<path d="M{x:.1f} {a:.1f}l5 5-5 5-5-5z" class="mark {i}"/>').format(x=x, a=y - 5, i=init)
    return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4.5" class="mark {}"/>').format(x, y, init)


def interval_chart(name: str, row: Row) -> Markup:
    """One line for each init: its mean as a marker, its interval as a bar, single seeds as small ticks."""
    left, gap, top = 112, 26, 14
    inits = [init for init in INITS if init in row.cells]
    high = max(100.0, *(cell.high for cell in row.cells.values()))
    base = top + gap * len(inits) - 6

    def place(value: float) -> float:
        return left + value / high * (WIDTH - left - RIGHT - 6)

    parts = []
    for value in ticks(0, high, 5):
        parts += [
            svg.rule(place(value), 2, place(value), base, "grid"),
            svg.text(place(value), base + 14, short(value), "mid"),
        ]
    said = []
    for index, init in enumerate(inits):
        cell, y = row.cells[init], top + gap * index
        parts.append(svg.text(0, y + 4, INIT_NAMES[init], f"label {init}"))
        parts.append(svg.rule(place(cell.low), y, place(cell.high), y, f"range {init}"))
        if cell.spread is not None:
            parts += [svg.rule(place(value), y - 5, place(value), y + 5, f"seed {init}") for value in cell.values]
        parts.append(_marker(init, place(cell.mean), y))
        said.append(f"{INIT_NAMES[init]} {number(cell.mean)}, interval {number(cell.low)} to {number(cell.high)}.")
    way = "higher is better" if row.higher_is_better else "lower is better"
    unit = " in per cent" if row.unit else ""
    label = f"Dot chart. {name}, {row.title}{unit}, {way}. " + " ".join(said)
    return svg.picture(WIDTH, base + 20, label, "chart dots", parts)


def confusion_matrix(title: str, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> Markup:
    """counts[i][j]: clips of labels[i] read as labels[j]. Rows are what was signed, columns what was read."""
    size, left, top = 22, 40, 40
    side = size * len(labels)
    parts = [svg.text(left + side / 2, 12, "read as", "mid name"), svg.text(0, top - 8, "signed", "name")]
    for index, name in enumerate(labels):
        middle = index * size + size / 2
        parts.append(svg.text(left + middle, top - 8, name, "mid label"))
        parts.append(svg.text(left - 8, top + middle + 4, name, "end label"))
        parts.append(svg.rule(left, top + middle, left + side, top + middle, "grid"))
        parts.append(svg.rule(left + middle, top, left + middle, top + side, "grid"))
    right, total = 0, 0
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            if not count:
                continue
            right, total = right + count * (i == j), total + count
            share = count / sum(row)
            x, y = left + j * size, top + i * size
            css = "hit" if i == j else "miss"
            parts.append(
                Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="3" class="cell"/>').format(
                    x + 1, y + 1, size - 2, size - 2
                )
            )
            parts.append(
                Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="3" class="cell {}" opacity="{:.2f}"/>').format(
                    x + 1, y + 1, size - 2, size - 2, css, 0.25 + 0.75 * share
                )
            )  # fmt: skip
            strong = " strong" if share > 0.5 else ""
            parts.append(svg.text(x + size / 2, y + size / 2 + 4, str(count), f"mid count{strong}"))
    label = f"Confusion matrix. {title}. {len(labels)} classes, {right} of {total} on the diagonal, which is right."
    return svg.picture(left + side + 4, top + side + 4, label, "chart matrix", parts)
