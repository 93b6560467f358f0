"""A chart of growth, as SVG that is readable on light and dark pages."""

from __future__ import annotations

from benchmarks.growth import Growth

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 640, 320, 52, 44, 28, 24
_STYLE = (
    "text{font:12px sans-serif;fill:#57606a}path{stroke:#8c959f;fill:none}circle{fill:#0969da}"
    "@media(prefers-color-scheme:dark){text{fill:#9da7b3}circle{fill:#58a6ff}}"
)


def svg(growth: Growth) -> str:
    """Return the seconds of each size as points, and the line through the second and the third."""
    sizes, seconds = growth.resources, [run.median for run in growth.runs]
    largest, slowest = max(sizes) * 1.05, max(seconds) * 1.15

    def x(size: float) -> float:
        return _LEFT + size / largest * (_WIDTH - _LEFT - _RIGHT)

    def y(second: float) -> float:
        return _HEIGHT - _BOTTOM - second / slowest * (_HEIGHT - _BOTTOM - _TOP)

    slope = (seconds[2] - seconds[1]) / (sizes[2] - sizes[1])
    start = max(0.0, seconds[1] - slope * sizes[1])
    end = start + slope * largest
    shapes = [
        # Left of the smallest, so that its label is readable.
        f'<path d="M{x(0) - 16:.1f} {y(slowest):.1f}V{y(0):.1f}H{x(largest):.1f}"/>',
        f'<path stroke-dasharray="4" d="M{x(0):.1f} {y(start):.1f}L{x(largest):.1f} {y(end):.1f}"/>',
        f'<text x="{_LEFT}" y="16">seconds of main.py; dashed: the line through the second and third point</text>',
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 6}" text-anchor="middle">resources</text>',
    ]
    for size, second in zip(sizes, seconds, strict=True):
        shapes += [
            f'<circle cx="{x(size):.1f}" cy="{y(second):.1f}" r="4"/>',
            f'<text x="{x(size):.1f}" y="{y(second) - 10:.1f}" text-anchor="middle">{second:.1f}</text>',
            f'<text x="{x(size):.1f}" y="{y(0) + 18:.1f}" text-anchor="middle">{size:,}</text>',
        ]
    title = "Seconds of synthesis by number of resources"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">'
    return "\n".join([head, f"<style>{_STYLE}</style>", *shapes, "</svg>"]) + "\n"
