"""The bands of the desk's flow: each stage's bar, and the part of it that is lost before the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Of the picture: the widest bar's height, the picture's, a stage's width, a bar's; in units of the view box.
MOST, HEIGHT, STEP, BAR = 112.0, 150.0, 200.0, 5.0
# A loss that would be thinner is drawn so thick.
THINNEST = 2.5


@dataclass(frozen=True, slots=True)
class Band:
    """A stage's bar at ``x``, ``height`` high; ``passed`` of it goes on to the next stage, ``path`` outlines what is
    lost ('' nothing)."""

    x: float
    height: float
    passed: float
    path: str


def flow_bands(numbers: Sequence[int]) -> list[Band]:
    """Return a band for each number, its height in proportion to the largest."""
    largest = max(numbers, default=0) or 1
    heights = [MOST * number / largest for number in numbers]
    pairs = zip(heights, [*heights[1:], heights[-1] if heights else 0.0], strict=True)
    return [_band(index * STEP, height, min(height, following)) for index, (height, following) in enumerate(pairs)]


def _band(x: float, height: float, passed: float) -> Band:
    return Band(x, height, passed, _loss(x + BAR, passed, height) if height > passed else "")


def _loss(x: float, top: float, bottom: float) -> str:
    """Outline what leaves a bar between ``top`` and ``bottom`` and bends down to the list below."""
    width = max(bottom - top, THINNEST)
    outer, inner = x + 52 + width, x + 52
    return (
        f"M{x:.1f},{top:.1f} C{x + 60:.1f},{top:.1f} {outer:.1f},{top + 40:.1f} {outer:.1f},{HEIGHT:.0f} "
        f"L{inner:.1f},{HEIGHT:.0f} C{inner:.1f},{bottom + 12:.1f} {x + 52:.1f},{bottom:.1f} {x:.1f},{bottom:.1f}z"
    )
