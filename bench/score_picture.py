"""The distribution of the log odds of two texts, for pairs that are one and pairs that are not, as a picture (SVG)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

# Log odds at both ends of the axis, and how many bars stand for one; what lies beyond stands in the last bar.
LEAST, MOST, BARS_A_UNIT = -12, 12, 1
BAR, HEIGHT, MARGIN, HEAD = 22, 90, 60, 34
COLOURS = {True: "#1b7837", False: "#b2182b"}
NAMES = {True: "one text", False: "not one text"}
# Log odds of a pair, and whether it is one.
Score = tuple[float, bool]


def draw_scores(scores_by_set: Mapping[str, Sequence[Score]]) -> str:
    """Return the picture: a panel a set, shares of the set's pairs of either kind upwards and downwards."""
    panel = HEAD + 2 * HEIGHT + MARGIN
    width = 2 * MARGIN + BAR * len(_bins())
    panels = [_panel(name, scores, number * panel) for number, (name, scores) in enumerate(scores_by_set.items())]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {panel * len(panels)}" '
        f'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>'
    )
    return head + "".join(panels) + "</svg>\n"


def _bins() -> range:
    return range(LEAST * BARS_A_UNIT, MOST * BARS_A_UNIT)


def _panel(name: str, scores: Sequence[Score], top: int) -> str:
    middle = top + HEAD + HEIGHT
    parts = [f'<text x="{MARGIN}" y="{top + 20}" font-weight="bold">{escape(name)}</text>']
    for number, same in enumerate((True, False)):
        odds = [log_odds for log_odds, is_same in scores if is_same == same]
        parts += _bars(_shares(odds), middle, same)
        x = MARGIN + 160 + 230 * number
        parts.append(f'<text x="{x}" y="{top + 20}" fill="{COLOURS[same]}">{NAMES[same]}: {len(odds)} pairs</text>')
    return "".join([*parts, *_axis(middle)])


def _shares(odds: Sequence[float]) -> list[float]:
    """Return the share of the pairs in each bar."""
    counts = [0] * len(_bins())
    for log_odds in odds:
        place = int((min(max(log_odds, LEAST), MOST - 1e-6) - LEAST) * BARS_A_UNIT)
        counts[place] += 1
    return [count / max(len(odds), 1) for count in counts]


def _bars(shares: Sequence[float], middle: int, same: bool) -> list[str]:
    heights = [round(HEIGHT * share / max(*shares, 1e-9), 1) for share in shares]
    return [
        f'<rect x="{MARGIN + BAR * place + 1}" y="{middle - height if same else middle}" width="{BAR - 2}" '
        f'height="{height}" fill="{COLOURS[same]}"><title>{share:.1%}</title></rect>'
        for place, (height, share) in enumerate(zip(heights, shares, strict=True))
        if share
    ]


def _axis(middle: int) -> list[str]:
    end, zero = MARGIN + BAR * len(_bins()), MARGIN - LEAST * BARS_A_UNIT * BAR
    ticks = [
        f'<text x="{MARGIN + (odds - LEAST) * BARS_A_UNIT * BAR}" y="{middle + HEIGHT + 18}" '
        f'text-anchor="middle" fill="#555">{label}</text>'
        for odds, label in ((odds, f"{odds:+d}" if odds else "0") for odds in range(LEAST, MOST + 1, 4))
    ]
    lines = (
        f'<line x1="{MARGIN}" x2="{end}" y1="{middle}" y2="{middle}" stroke="#555"/>'
        f'<line x1="{zero}" x2="{zero}" y1="{middle - HEIGHT}" y2="{middle + HEIGHT}" stroke="#555" '
        f'stroke-dasharray="4 3"/><text x="{zero}" y="{middle + HEIGHT + 34}" text-anchor="middle" fill="#555">'
        "log odds; joined from 0 on</text>"
    )
    return [lines, *ticks]
