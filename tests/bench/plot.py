"""A plot as SVG: lines over places that are named, not measured, so that 0 and powers of ten have room side by side."""

import html
import math

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 40, 50
COLORS = ("#1b6ca8", "#d1495b", "#6a994e", "#8d6a9f")
LOGARITHMIC_FROM = 8  # times the least


def nice_ceiling(value):
    """The least of 1, 2, 5, 10, 20 ... that is not below."""
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * 0.999)


def is_logarithmic(values):
    return min(values) > 0 and max(values) >= LOGARITHMIC_FROM * min(values)


def scale(values):
    """Ticks, and a function from a value to 0..1."""
    if is_logarithmic(values):
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return [10 ** power for power in range(low, high + 1)], lambda v: (math.log10(v) - low) / (high - low)
    step = nice_ceiling(max(values) / 5)
    count = math.ceil(max(values) / step)
    return [step * i for i in range(count + 1)], lambda v: v / (step * count)


def number(value):
    return f"{value:,.10g}"


def text(x, y, words, anchor="middle", extra=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{extra}>{html.escape(words)}</text>'


def draw(title, names, lines, unit):
    """lines: name -> a value for each of `names`."""
    ticks, place = scale([value for values in lines.values() for value in values])
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    xs = [LEFT + (right - LEFT) * (i + 0.5) / len(names) for i in range(len(names))]

    def y_of(value):
        return bottom - (bottom - TOP) * place(value)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" '
             'font-size="12">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             text(LEFT, 22, f"{unit} over {title}", "start", ' font-size="14"')]
    for tick in ticks:
        y = y_of(tick)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(text(LEFT - 8, y + 4, number(tick), "end"))
    parts += [text(x, bottom + 20, name) for x, name in zip(xs, names)]
    for (name, values), color in zip(lines.items(), COLORS):
        points = [(x, y_of(value)) for x, value in zip(xs, values)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in points]
    for row, ((name, _), color) in enumerate(zip(lines.items(), COLORS)):
        parts.append(f'<rect x="{right + 12}" y="{TOP + 20 * row}" width="12" height="12" fill="{color}"/>')
        parts.append(text(right + 30, TOP + 20 * row + 11, name, "start"))
    return "\n".join([*parts, "</svg>", ""])
