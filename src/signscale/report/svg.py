"""The strokes that all pictures are made of: inline SVG, coloured by classes of the page's style sheet."""

from collections.abc import Sequence

from markupsafe import Markup


def picture(width: float, height: float, label: str, css: str, parts: Sequence[str]) -> Markup:
    """A drawing that screen readers call `label`."""
    head = Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(css, width, height, label)
    return head + Markup("").join(parts) + Markup("</svg>")


def text(x: float, y: float, words: str, css: str = "") -> Markup:
    """Words at a place."""
    return Markup('<text x="{}" y="{}" class="{}">{}</text>').format(f"{x:.1f}", f"{y:.1f}", css, words)


def rule(x1: float, y1: float, x2: float, y2: float, css: str) -> Markup:
    """A straight line."""
    return Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>').format(x1, y1, x2, y2, css)
