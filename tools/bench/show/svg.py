# SPDX-License-Identifier: GPL-2.0-only
"""A page of charts as SVG: lines over numbers, or bars over names."""

import html
import math

WIDTH, HEIGHT = 460, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 34, 84
COLOURS = ["#1b6ca8", "#c8553d", "#3a7d44", "#8f4fa8", "#b8860b", "#3b8686", "#777777", "#d14b8f"]


def number_text(value):
    for unit, name in ((1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")):
        if value >= unit and value % unit == 0:
            return f"{value // unit}{name}"
    return f"{value:g}"


def _short(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


class Scale:
    """From values to places; logarithmic where all values are above 0 and wide apart."""

    def __init__(self, values, start, end, from_zero=False):
        self.low, self.high = min(values), max(values)
        self.log = self.low > 0 and self.high / self.low > 20
        if not self.log and from_zero:
            self.low = min(0, self.low)
        if self.low == self.high:
            self.high = self.low + 1
        self.start, self.end = start, end

    def at(self, value):
        def curve(number):
            return math.log(max(number, self.low)) if self.log else number
        share = (curve(value) - curve(self.low)) / (curve(self.high) - curve(self.low))
        return self.start + share * (self.end - self.start)

    def ticks(self):
        if self.log:
            base = 10 ** math.floor(math.log10(self.low))
            ticks = [base * 10 ** power for power in range(16)]
            inside = [tick for tick in ticks if self.low <= tick <= self.high]
            return inside if len(inside) > 1 else [self.low, self.high]
        step = 10 ** math.floor(math.log10((self.high - self.low) / 2))
        step *= next(factor for factor in (1, 2, 5, 10) if (self.high - self.low) / (step * factor) <= 6)
        first = math.ceil(self.low / step)
        return [step * number for number in range(first, math.floor(self.high / step) + 1)]


class Steps:
    """From values to places, as far from each other each: for 0, and values wide apart."""

    def __init__(self, values, start, end):
        self.values = sorted(set(values))
        self.start, self.end = start, end

    def at(self, value):
        share = self.values.index(value) / max(len(self.values) - 1, 1)
        return self.start + share * (self.end - self.start)


def _across(values, start, end):
    wide = min(values) == 0 and max(values) > 20
    return (Steps if wide else Scale)(values, start, end)


class Page:
    """Charts side by side, `columns` in a row."""

    def __init__(self, title, columns=2):
        self._title = title
        self._columns = columns
        self._charts = []
        self._colours = {}

    def _colour(self, name):
        """The same one in each chart of the page."""
        return self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])

    def __bool__(self):
        return bool(self._charts)

    def _place(self):
        number = len(self._charts)
        return number % self._columns * WIDTH, number // self._columns * HEIGHT + 30

    def _frame(self, title, unit, y):
        x0, y0 = self._place()
        self._x0, self._y0 = x0, y0
        parts = [f'<text x="{x0 + LEFT}" y="{y0 + 18}" font-weight="bold">{html.escape(title)}</text>',
                 f'<text x="{x0 + 6}" y="{y0 + TOP - 4}" fill="#555">{html.escape(unit)}</text>']
        for tick in y.ticks():
            at = y.at(tick)
            parts.append(f'<line x1="{x0 + LEFT}" y1="{at:.1f}" x2="{x0 + WIDTH - RIGHT}" y2="{at:.1f}" '
                         f'stroke="#ddd"/><text x="{x0 + LEFT - 5}" y="{at + 4:.1f}" '
                         f'text-anchor="end">{tick:.4g}</text>')
        return parts

    def _legend(self, names):
        parts = []
        for i, name in enumerate(names):
            x = self._x0 + LEFT + i % 4 * 96
            y = self._y0 + HEIGHT - 34 + i // 4 * 15
            parts.append(f'<rect x="{x}" y="{y - 8}" width="9" height="9" fill="{self._colour(name)}"/>'
                         f'<text x="{x + 12}" y="{y}">{html.escape(name)}</text>')
        return parts

    def lines(self, title, unit, series):
        """series: {name: [(x, Spread)]}"""
        points = [point for line in series.values() for point in line]
        if not points:
            return
        x0, y0 = self._place()
        x = _across([at for at, _ in points], x0 + LEFT + 8, x0 + WIDTH - RIGHT - 8)
        ends = [value for _, spread in points for value in (spread.low, spread.high)]
        y = Scale(ends, y0 + HEIGHT - BOTTOM, y0 + TOP + 6, from_zero=True)
        parts = self._frame(title, unit, y)
        for at in sorted({at for at, _ in points}):
            parts.append(f'<text x="{x.at(at):.1f}" y="{y0 + HEIGHT - BOTTOM + 16}" '
                         f'text-anchor="middle">{number_text(at)}</text>')
        for name, line in series.items():
            colour = self._colour(name)
            path = " ".join(f"{x.at(at):.1f},{y.at(spread.median):.1f}" for at, spread in line)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
            for at, spread in line:
                parts.append(f'<line x1="{x.at(at):.1f}" y1="{y.at(spread.low):.1f}" x2="{x.at(at):.1f}" '
                             f'y2="{y.at(spread.high):.1f}" stroke="{colour}"/>'
                             f'<circle cx="{x.at(at):.1f}" cy="{y.at(spread.median):.1f}" r="2.6" '
                             f'fill="{colour}"/>')
        self._charts.append("\n".join(parts + self._legend(series)))

    def bars(self, title, unit, bars):
        """bars: {name: Spread}; names lie on the left, one below the other."""
        if not bars:
            return
        x0, y0 = self._place()
        step = min(24, (HEIGHT - TOP - 30) / len(bars))
        left = x0 + 170
        x = Scale([0] + [spread.high for spread in bars.values()], left, x0 + WIDTH - RIGHT - 60)
        parts = [f'<text x="{x0 + 10}" y="{y0 + 18}" font-weight="bold">{html.escape(title)}, '
                 f'{html.escape(unit)}</text>']
        for i, (name, spread) in enumerate(bars.items()):
            y = y0 + TOP + i * step
            parts.append(
                f'<text x="{left - 5}" y="{y + step * .7:.1f}" text-anchor="end">{html.escape(name)}</text>'
                f'<rect x="{left}" y="{y + 2:.1f}" width="{max(x.at(spread.median) - left, 0.5):.1f}" '
                f'height="{step - 4:.1f}" fill="{COLOURS[0]}"/>'
                f'<line x1="{x.at(spread.low):.1f}" y1="{y + step / 2:.1f}" x2="{x.at(spread.high):.1f}" '
                f'y2="{y + step / 2:.1f}" stroke="#000"/>'
                f'<text x="{x.at(spread.high) + 4:.1f}" y="{y + step * .7:.1f}">{_short(spread.median)}</text>')
        self._charts.append("\n".join(parts))

    def write(self, path):
        rows = -(-len(self._charts) // self._columns)
        width, height = self._columns * WIDTH, rows * HEIGHT + 40
        with open(path, "w") as file:
            file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                       f'font-family="sans-serif" font-size="11">\n'
                       f'<rect width="{width}" height="{height}" fill="#fff"/>\n'
                       f'<text x="10" y="22" font-size="15">{html.escape(self._title)}</text>\n'
                       + "\n".join(self._charts) + "\n</svg>\n")
