"""The shapes that the picture is made of, as SVG; coordinates are pixels, from the top left."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

COLOURS = {
    "waiting": "#c8ced6",
    "running": "#86b6e8",
    "succeeded": "#8ccf9e",
    "partial": "#f0cc6e",
    "failed": "#ee9d96",
    "cancelled": "#c8b4de",
    "expired": "#f3f3f3",
    "ink": "#1f2530",
    "dim": "#68707d",
    "faint": "#dfe3e8",
    "fault": "#c02a1d",
}
"""A fill for each phase, and what else has a colour."""

HEIGHT = 22
_LETTER = 6.6


def page(width: int, height: float, parts: Iterable[str]) -> str:
    """Return a whole file."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
    frame = f'viewBox="0 0 {width} {height:.0f}" font-family="ui-sans-serif, system-ui, sans-serif" font-size="12">'
    ground = f'<rect width="{width}" height="{height:.0f}" fill="#ffffff"/>'
    return "\n".join([head + frame, ground, *parts, "</svg>", ""])


def title(x: float, y: float, content: str) -> str:
    """Return what stands above it all."""
    return f'<text x="{x}" y="{y}" font-size="16" font-weight="bold" fill="{COLOURS["ink"]}">{_safe(content)}</text>'


def text(x: float, y: float, content: str, *, colour: str = "ink", anchor: str = "start", most: int = 0) -> str:
    """Return a text; with ``most``, the end of one that is longer gives way to an ellipsis."""
    cut = content if not most or len(content) <= most else content[: most - 1] + "…"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{COLOURS[colour]}">{_safe(cut)}</text>'


def bar(left: float, right: float, top: float, kind: str, label: str, told: str) -> str:
    """Return a bar, with its label inside if there is room, and what is told when one points at it."""
    width = max(right - left, 1.5)
    edge = ' stroke="#b9bfc8" stroke-dasharray="3 2"' if kind == "expired" else ' stroke="#ffffff"'
    box = (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{HEIGHT}" rx="3" fill="{COLOURS[kind]}"{edge}>'
    )
    inside = text(left + 6, top + 15, label) if width > _LETTER * len(label) + 10 else ""
    return f"{box}{_title(told)}</rect>{inside}"


def dot(x: float, y: float, told: str, *, is_full: bool) -> str:
    """Return the mark of a request: full if it was answered with what it asked for."""
    fill = COLOURS["ink"] if is_full else "#ffffff"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{fill}" stroke="{COLOURS["ink"]}">{_title(told)}</circle>'


def cross(x: float, y: float, told: str) -> str:
    """Return the mark of a request that a fault answered, or that nobody expected."""
    way = f"M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8"
    return f'<path d="{way}" stroke="{COLOURS["fault"]}" stroke-width="2" fill="none">{_title(told)}</path>'


def wedge(x: float, y: float, told: str, *, has_failed: bool) -> str:
    """Return the mark of a callback: it points up from ``y``; hollow and in the colour of faults if it failed."""
    way = f"M{x - 5:.1f} {y:.1f}h10l-5 -9z"
    edge = COLOURS["fault" if has_failed else "ink"]
    fill = "#ffffff" if has_failed else edge
    return f'<path d="{way}" fill="{fill}" stroke="{edge}" stroke-width="1.5">{_title(told)}</path>'


def line(x: float, y: float, to_x: float, to_y: float, *, is_faint: bool = False) -> str:
    """Return a thin line."""
    colour = COLOURS["faint" if is_faint else "dim"]
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{colour}"/>'


def swatch(x: float, y: float, kind: str) -> str:
    """Return a little field of a phase's colour."""
    edge = "#b9bfc8" if kind == "expired" else "none"
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="12" height="12" rx="2" fill="{COLOURS[kind]}" stroke="{edge}"/>'


def _title(told: str) -> str:
    return f"<title>{_safe(told)}</title>" if told else ""


def _safe(content: str) -> str:
    """Return a text that may stand in XML: what XML cannot hold becomes a mark of its own."""
    return escape("".join(letter if letter.isprintable() else "\ufffd" for letter in content))
