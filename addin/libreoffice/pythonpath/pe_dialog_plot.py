"""The shape of a distribution as a small picture: SVG text from what the host describes.

Pure: no office needed. The picture has the pixels of the control that shows it, and is drawn in
units of its own, so that its texts grow with the screen's resolution.
"""
WIDTH = 330.0  # of the drawing; its height follows from the control
FILL, LINE, MARK, AXIS = "#9cc3ee", "#1c5fa8", "#b3261e", "#5a6370"
MARGIN_SIDE, MARGIN_TOP, MARGIN_BOTTOM = 12, 20, 20


def empty(width, height):
    """Nothing to show: white."""
    return _document(width, height, [])


def shape(described, width, height, texts):
    """described: the reply of the method describe. texts: {"p5", "mean", "p95"}: what stands at
    the marks. Curve, or bars where discrete, with three marks."""
    xs, ys = described.get("x") or [], described.get("density") or []
    pixels, width, height = (width, height), WIDTH, WIDTH * height / width
    points = [(x, y) for x, y in zip(xs, ys) if _finite(x) and _finite(y)]
    if not points or max(y for _, y in points) <= 0:
        return empty(*pixels)
    low, high = points[0][0], points[-1][0]
    if high <= low:
        low, high = low - 1, high + 1
    if described.get("discrete"):
        room = (high - low) * 0.05
        low, high = low - room, high + room
    top = max(y for _, y in points) * 1.02
    bottom = height - MARGIN_BOTTOM

    def at_x(x):
        return MARGIN_SIDE + (x - low) / (high - low) * (width - 2 * MARGIN_SIDE)

    def at_y(y):
        return bottom - y / top * (bottom - MARGIN_TOP)

    placed = [(at_x(x), at_y(y)) for x, y in points]
    parts = _bars(placed, bottom) if described.get("discrete") else _curve(placed, bottom)
    parts.append('<path d="M%d %.1f H%d" stroke="%s"/>'
                 % (MARGIN_SIDE // 2, bottom + 0.5, width - MARGIN_SIDE // 2, AXIS))
    for key, anchor_top in (("p5", False), ("p95", False), ("mean", True)):
        value = described.get(key)
        if value is None or not low <= value <= high:
            continue
        parts += _mark(at_x(value), bottom, width, texts[key], anchor_top)
    return _document(*pixels, parts)


def _finite(x):
    return isinstance(x, (int, float)) and abs(x) < 1e300


def _curve(placed, bottom):
    line = " L".join("%.2f %.2f" % point for point in placed)
    first, last = placed[0][0], placed[-1][0]
    return ['<path d="M%.2f %.1f L%s L%.2f %.1f Z" fill="%s"/>'
            % (first, bottom, line, last, bottom, FILL),
            '<path d="M%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round"/>'
            % (line, LINE)]


def _bars(placed, bottom):
    gaps = [b[0] - a[0] for a, b in zip(placed, placed[1:])]
    wide = max(1.0, min(18.0, 0.7 * min(gaps))) if gaps else 18.0
    return ['<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="%s" stroke="%s"/>'
            % (x - wide / 2, y, wide, max(0.0, bottom - y), FILL, LINE) for x, y in placed]


def _mark(x, bottom, width, text, above):
    """A dashed line with its value: the mean's stands above the curve, percentiles below it."""
    half = 3.2 * len(text)
    centre = min(max(x, half + 1), width - half - 1)
    y = MARGIN_TOP - 7 if above else bottom + 14
    color = MARK if above else AXIS
    return ['<path d="M%.1f %d V%.1f" stroke="%s" stroke-width="1.3" stroke-dasharray="4 3"/>'
            % (x, MARGIN_TOP - 3, bottom, color),
            '<text x="%.1f" y="%.1f" font-family="sans-serif" font-size="11" fill="%s" '
            'text-anchor="middle">%s</text>' % (centre, y, color, _escaped(text))]


def _escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _document(width, height, parts):
    tall = WIDTH * height / width
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %g %g">'
            '<rect width="%g" height="%g" fill="#ffffff"/>%s</svg>'
            % (width, height, WIDTH, tall, WIDTH, tall, "".join(parts))).encode()
