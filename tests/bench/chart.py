"""Bars on a logarithmic scale as an SVG that needs nothing else, on light pages and on dark ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from xml.sax.saxutils import escape

_WIDTH, _LEFT, _RIGHT = 880, 228, 796
_TOP, _BAR, _GAP = 92, 11, 14
# Its own ground, so that it can be read whatever page it lies on; colours are those of the product's pages.
_STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #12201f }
.title { font-size: 17px; font-weight: 600 } .soft { fill: #4a5b5a; font-size: 12px } .value { font-size: 11px }
.ground { fill: #ffffff; stroke: #dae2e2 } .grid { stroke: #dae2e2 }
.s0 { fill: #0a6b80 } .s1 { fill: #c9782c } .s2 { fill: #9aa9a8 }
@media (prefers-color-scheme: dark) {
text { fill: #e6eeed } .soft { fill: #a6b6b5 } .ground { fill: #151e1f; stroke: #33403f } .grid { stroke: #33403f }
.s0 { fill: #4cc3d9 } .s1 { fill: #e59a51 } .s2 { fill: #71807f }
}
"""


@dataclass(frozen=True, slots=True)
class Bars:
    """What is drawn. `rows` has for each heading the milliseconds by series; a series may miss a row."""

    title: str
    note: str
    series: Sequence[str]
    rows: Mapping[str, Mapping[str, float]]


def milliseconds(value: float) -> str:
    """Three digits are all that such a measurement has."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def svg(bars: Bars) -> str:
    """The drawing, with a title and a description for those who can't see it."""
    height = _TOP + len(bars.rows) * (_BAR * len(bars.series) + _GAP) + 40
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(bars.title)}</title>',
        f'<desc id="desc">{escape(describe(bars))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="8"/>',
        f'<text class="title" x="20" y="32">{escape(bars.title)}</text>',
        *_legend(bars),
        *_grid(bars, height),
        *_rows(bars),
        f'<text class="soft" x="20" y="{height - 14}">{escape(bars.note)}</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def describe(bars: Bars) -> str:
    """The drawing in words."""
    rows = (
        f"{heading}: " + ", ".join(f"{name} {milliseconds(value)} ms" for name, value in values.items())
        for heading, values in bars.rows.items()
    )
    return f"{bars.note} " + "; ".join(rows) + "."


def _legend(bars: Bars) -> Iterator[str]:
    x = 20
    for number, name in enumerate(bars.series):
        yield f'<rect class="s{number}" x="{x}" y="48" width="12" height="12" rx="2"/>'
        yield f'<text x="{x + 18}" y="58">{escape(name)}</text>'
        x += 40 + 7 * len(name)


def _decades(bars: Bars) -> tuple[int, int]:
    values = [value for row in bars.rows.values() for value in row.values()]
    low = floor(log10(max(min(values), 1e-3)))
    return low, max(low + 1, ceil(log10(max(values))))


def _place(value: float, decades: tuple[int, int]) -> float:
    low, high = decades
    share = (log10(max(value, 10.0**low)) - low) / (high - low)
    return _LEFT + share * (_RIGHT - _LEFT)


def _grid(bars: Bars, height: int) -> Iterator[str]:
    decades = _decades(bars)
    for power in range(decades[0], decades[1] + 1):
        x = _place(10.0**power, decades)
        yield f'<line class="grid" x1="{x:.1f}" y1="{_TOP - 8}" x2="{x:.1f}" y2="{height - 36}"/>'
        label = f"{10.0**power:,g} ms" if power < 3 else f"{10.0 ** (power - 3):,g} s"
        yield f'<text class="soft" x="{x:.1f}" y="{_TOP - 14}" text-anchor="middle">{label}</text>'


def _rows(bars: Bars) -> Iterator[str]:
    decades, y = _decades(bars), _TOP
    for heading, values in bars.rows.items():
        middle = y + _BAR * len(bars.series) / 2 + 4
        yield f'<text x="{_LEFT - 12}" y="{middle:.1f}" text-anchor="end">{escape(heading)}</text>'
        for number, name in enumerate(bars.series):
            if name in values:
                yield from _bar(number, name, values[name], y + number * _BAR, decades)
        y += _BAR * len(bars.series) + _GAP


def _bar(number: int, name: str, value: float, y: int, decades: tuple[int, int]) -> Iterator[str]:
    end, told = _place(value, decades), milliseconds(value)
    width = max(1.0, end - _LEFT)
    yield (
        f'<rect class="s{number}" x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR - 1}" rx="1.5">'
        f"<title>{escape(name)}: {told} ms</title></rect>"
    )
    yield f'<text class="value" x="{max(end, _LEFT + 1) + 5:.1f}" y="{y + 9}">{told}</text>'
