"""Curves as an SVG picture: both axes logarithmic, one colour and one mark a curve, readable on light and dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 420, 70, 210, 46, 46
COLOURS = ("#2f6fde", "#d9822b", "#2e9e5b", "#c2417c", "#7a6ad8")


@dataclass(frozen=True, slots=True)
class Curve:
    """A name with its unit, and one value for each place on the axis."""

    name: str
    values: tuple[float, ...]


def picture(title: str, places: Sequence[int], curves: Sequence[Curve]) -> str:
    """Draw the curves over their places."""
    every = [value for curve in curves for value in curve.values]
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))
    left, right = math.log10(places[0]), math.log10(places[-1])

    def x(place: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(place) - left) / max(right - left, 1)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (math.log10(value) - low) / max(high - low, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"',
        f'font-family="sans-serif" font-size="13" aria-label="{escape(title)}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="26" font-size="16" fill="#222222">{escape(title)}</text>',
    ]
    for exponent in range(low, high + 1):
        at = y(10**exponent)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        parts.append(
            f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="#555555">{10.0**exponent:g}</text>'
        )
    parts += [
        f'<text x="{x(place):.1f}" y="{HEIGHT - 18}" text-anchor="middle" fill="#555555">{place:,} DIDs</text>'
        for place in places
    ]
    for number, (curve, colour) in enumerate(zip(curves, COLOURS, strict=False)):
        points = [(x(place), y(value)) for place, value in zip(places, curve.values, strict=True)]
        line = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across:.1f}" cy="{down:.1f}" r="3.5" fill="{colour}"/>' for across, down in points]
        row = TOP + 24 * number + 10
        parts.append(f'<circle cx="{WIDTH - RIGHT + 40}" cy="{row - 4}" r="5" fill="{colour}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 52}" y="{row}" fill="#222222">{escape(curve.name)}</text>')
    return "\n".join([*parts, "</svg>", ""])
