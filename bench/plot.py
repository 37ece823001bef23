"""A plot as SVG: lines through measured points, time against an amount."""

import math
from html import escape

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 44, 46, 52
COLORS = ["#0072b2", "#d55e00", "#009e73"]  # told apart by colour-blind readers too


def step(highest):
    """A distance of 1, 2 or 5 times a power of ten between four to eight marks."""
    rough = highest / 6
    power = 10 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= rough)


def number(value):
    return f"{value:,.10g}"


def plot(title, x_name, y_name, lines):
    """An SVG document. lines: for each name its points (x, y) and the spread of each (low, high)."""
    x_step, y_step = step(max(x for ps in lines.values() for x, *_ in ps)), step(max(p[3] for ps in lines.values() for p in ps))
    x_end = math.ceil(max(x for ps in lines.values() for x, *_ in ps) / x_step) * x_step
    y_end = math.ceil(max(p[3] for ps in lines.values() for p in ps) / y_step) * y_step

    def across(x):
        return LEFT + (WIDTH - LEFT - RIGHT) * x / x_end

    def up(y):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / y_end

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" fill="#333">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14" font-weight="bold">{escape(title)}</text>',
    ]
    for i in range(round(y_end / y_step) + 1):
        y = up(i * y_step)
        parts += [f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>',
                  f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number(i * y_step)}</text>']
    for i in range(round(x_end / x_step) + 1):
        x = across(i * x_step)
        parts += [f'<path d="M{x:.1f} {HEIGHT - BOTTOM}v5" stroke="#333"/>',
                  f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 19}" text-anchor="middle">{number(i * x_step)}</text>']
    parts += [
        f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="#333"/>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(x_name)}</text>',
        f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">{escape(y_name)}</text>',
    ]
    for i, (name, points) in enumerate(lines.items()):
        color = COLORS[i]
        path = "L".join(f"{across(x):.1f} {up(y):.1f}" for x, y, *_ in points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        for x, y, low, high in points:
            parts += [f'<path d="M{across(x):.1f} {up(low):.1f}V{up(high):.1f}" stroke="{color}"/>',
                      f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="4" fill="{color}"/>']
        key = LEFT + 14 + i * 190
        parts += [f'<path d="M{key} {TOP - 10}h22" stroke="{color}" stroke-width="2"/><circle cx="{key + 11}" cy="{TOP - 10}" r="4" fill="{color}"/>',
                  f'<text x="{key + 28}" y="{TOP - 6}">{escape(name)}</text>']
    return "\n".join([*parts, "</svg>", ""])
