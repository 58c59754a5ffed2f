"""Draw costs as dots on a logarithmic axis, as an SVG for light and dark pages."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = tuple[str, list[float]]

NAMES_WIDTH, PLOT_WIDTH, ROW_HEIGHT, TOP = 330, 480, 22, 64
TICKS = (2, 5, 10, 20, 50, 100, 200, 500)
LOWEST, HIGHEST = 1.5, 700.0
RADII = (7, 5, 3)
"""Of the dots of a row, so that all are visible if they coincide."""

STYLE = """
  svg { color-scheme: light dark; font: 13px system-ui, sans-serif; }
  .page { fill: #ffffff; } .text { fill: #1f2328; } .faint { fill: #59636e; }
  .line { stroke: #d1d9e0; } .ours { font-weight: 600; }
  .dot0 { fill: #1a7f37; } .dot1 { fill: #0969da; } .dot2 { fill: #bc4c00; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; } .text { fill: #e6edf3; } .faint { fill: #9198a1; }
    .line { stroke: #3d444d; }
    .dot0 { fill: #3fb950; } .dot1 { fill: #58a6ff; } .dot2 { fill: #f0883e; }
  }
"""


def dots(ours: Sequence[Row], peers: Sequence[Row], *, labels: Sequence[str]) -> str:
    """Return the plot with a row per policy: ours first, then the others by their middle cost."""
    rows = [*ours, *sorted(peers, key=lambda row: row[1][len(labels) // 2])]
    height = TOP + ROW_HEIGHT * len(rows) + 16
    width = NAMES_WIDTH + PLOT_WIDTH + 24
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
            f' aria-label="Cost of following a job, by policy"><style>{STYLE}</style>'
        ),
        f'<rect class="page" width="{width}" height="{height}"/>',
        (
            '<text class="text ours" x="12" y="22">Cost of following a job of about a minute:'
            " polls + seconds late (less is better)</text>"
        ),
    ]
    for index, label in enumerate(labels):
        x = NAMES_WIDTH + 110.0 * index
        parts.append(f'<circle class="dot{index}" cx="{x}" cy="38" r="{RADII[index]}"/>')
        parts.append(f'<text class="faint" x="{x + 10}" y="42">{escape(label)}</text>')
    for tick in TICKS:
        x = _x(tick)
        parts.append(f'<line class="line" x1="{x}" x2="{x}" y1="{TOP - 2}" y2="{height - 12}"/>')
        parts.append(
            f'<text class="faint" x="{x}" y="{TOP - 6}" text-anchor="middle">{tick}</text>'
        )
    for number, (name, costs) in enumerate(rows):
        y = TOP + ROW_HEIGHT * number + ROW_HEIGHT / 2
        kind = "text ours" if number < len(ours) else "text"
        parts.append(
            f'<text class="{kind}" x="{NAMES_WIDTH - 14}" y="{y + 4}"'
            f' text-anchor="end">{escape(name)}</text>'
        )
        parts.extend(
            f'<circle class="dot{index}" cx="{_x(cost)}" cy="{y}" r="{RADII[index]}">'
            f"<title>{escape(name)}, {escape(labels[index])}: {cost:.2f}</title></circle>"
            for index, cost in enumerate(costs)
        )
    return "\n".join([*parts, "</svg>", ""])


def _x(cost: float) -> float:
    share = math.log(cost / LOWEST) / math.log(HIGHEST / LOWEST)
    return round(NAMES_WIDTH + PLOT_WIDTH * share, 1)
