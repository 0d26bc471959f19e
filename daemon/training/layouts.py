"""How people fill pages with digits: lists, tables, forms, notebooks, puzzles.

Each layout fills a sheet and keeps its margins free. Groups stand so far apart that nobody joins
them, or a printed line parts them; their digits stand so close that nobody parts them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from .page_sheet import DASH, PRINT, Colour, Group, Sheet

WORDS = (
    "Amount", "Average", "Batch", "Bonus", "Chance", "Code", "Cold", "Count", "Date", "Depth",
    "Distance", "Energy", "Entry", "Full house", "Gas", "Gewicht", "Goals", "Heat", "Height",
    "Hours", "Kitchen", "Laps", "Length", "Level", "Menge", "Meter", "Nombre", "Order", "Pair",
    "Peso", "Points", "Pression", "Quantity", "Reading", "Room", "Round", "Sample", "Score",
    "Series", "Shift", "Speed", "Station", "Stock", "Straight", "Sum", "Table", "Tare", "Team",
    "Temperature", "Three of a kind", "Time", "Total", "Used", "Volume", "Water", "Weight",
    "Width", "Year", "Zähler",
)  # fmt: skip
_RULES: tuple[Colour, ...] = (
    (205, 180, 150),
    (190, 190, 190),
    (214, 196, 176),
    (170, 160, 205),
    (180, 200, 170),
)
_FRAMES: tuple[Colour, ...] = (PRINT, (120, 116, 112), (150, 110, 70), (90, 80, 170))
_MARGIN = 0.095  # of the sheet's sides


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to fill a sheet: the papers it is used on, (width, height) in mm; the digits' height
    in mm; whether its reading order is beyond doubt."""

    fill: Callable[[Sheet], None]
    papers: tuple[tuple[float, float], ...]
    digit: tuple[float, float]
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class _Area:
    """What of a sheet may be written on."""

    left: float
    top: float
    right: float
    bottom: float


def _area(sheet: Sheet) -> _Area:
    x, y = _MARGIN * sheet.width, _MARGIN * sheet.height
    return _Area(x, y, sheet.width - x, sheet.height - y)


def _number(rng: np.random.Generator, least: int, most: int) -> str:
    digits = rng.integers(0, 10, rng.integers(least, most + 1))
    return "".join(map(str, digits))


def _word(rng: np.random.Generator) -> str:
    return str(WORDS[rng.integers(len(WORDS))])


def _choice(options: tuple[Colour, ...], rng: np.random.Generator) -> Colour:
    return options[rng.integers(len(options))]


def _print_style(rng: np.random.Generator) -> tuple[str, int]:
    """A font and a weight for all of a sheet's words."""
    return str(rng.choice(["sans", "sans", "italic", "uni"])), int(rng.integers(300, 600))


def _ruled(sheet: Sheet, pitch: float, first: float) -> None:
    colour, thickness = _choice(_RULES, sheet.rng), sheet.rng.uniform(0.15, 0.35)
    for y in np.arange(first, sheet.height, pitch):
        sheet.rule(0, y, sheet.width, y, thickness, colour)


def _squared(sheet: Sheet, pitch: float, left: float, top: float) -> None:
    colour, thickness = _choice(_RULES, sheet.rng), sheet.rng.uniform(0.12, 0.25)
    for y in np.arange(top % pitch, sheet.height, pitch):
        sheet.rule(0, y, sheet.width, y, thickness, colour)
    for x in np.arange(left % pitch, sheet.width, pitch):
        sheet.rule(x, 0, x, sheet.height, thickness, colour)


def fill_column(sheet: Sheet) -> None:
    """Numbers below each other, in one to three columns."""
    rng, area = sheet.rng, _area(sheet)
    pitch = sheet.digit * rng.uniform(1.6, 2.3)
    if rng.random() < 0.3:
        _ruled(sheet, pitch, area.top + pitch / 2 + sheet.digit * rng.uniform(0.5, 0.6))
    room = (area.right - area.left) / sheet.digit
    columns = int(rng.integers(1, 1 + min(3, int(room / 8))))
    most = min(6, int((room / columns - 2) / 1.5))
    ends = area.left + (area.right - area.left) * (np.arange(columns) + 0.9) / columns
    decimals = rng.random() < 0.3
    for y in np.arange(area.top + pitch / 2, area.bottom - pitch / 2, pitch)[: rng.integers(6, 22)]:
        groups = []
        for end in ends:
            text = _number(rng, 1, most - 2 if decimals else most)
            text += "," + _number(rng, 2, 2) if decimals else ""
            groups.append(sheet.write(text, end, y, align="right"))
        sheet.rows.append(tuple(groups))


def fill_slip(sheet: Sheet) -> None:
    """A few numbers in a large hand."""
    rng, area = sheet.rng, _area(sheet)
    rows = int(rng.integers(2, 5))
    room = (area.right - area.left) / sheet.digit
    slope = rng.normal(0, 0.02)
    for y in area.top + (area.bottom - area.top) * (np.arange(rows) + 0.5) / rows:
        groups = []
        x = area.left + rng.uniform(0, 0.5) * sheet.digit
        while (left := (area.right - x) / sheet.digit) > 3.2:
            text = _number(rng, 2, max(2, min(6, int(left / 1.35))))
            groups.append(sheet.write(text, x, y + slope * (x - area.left)))
            x = _right(sheet, groups[-1]) + sheet.digit * rng.uniform(2.1, 3.5)
            if room < 9:
                break
        sheet.rows.append(tuple(groups))


def fill_grid(sheet: Sheet) -> None:
    """Single digits in rows and columns, none quite in its place."""
    rng, area = sheet.rng, _area(sheet)
    digit = sheet.digit
    close = rng.random() < 0.5
    across = digit * (rng.uniform(1.15, 1.2) if close else rng.uniform(2.9, 3.5))
    down = digit * rng.uniform(1.5, 2.1)
    columns = min(int((area.right - area.left) / across), 12)
    rows = min(int((area.bottom - area.top) / down), 14)
    slope, lean = rng.normal(0, 0.025), rng.normal(0, 0.03)
    jitter = digit * (0.04 if close else 0.12)
    same = rng.random() < 0.3
    labels = rng.integers(0, 10, (rows, columns))
    labels = np.where(same, np.arange(rows)[:, None] % 10, labels)
    for row in range(rows):
        groups = []
        for column in range(columns):
            x = area.left + (column + 0.5) * across + lean * row * down + rng.normal(0, jitter)
            y = area.top + (row + 0.5) * down + slope * column * across + rng.normal(0, jitter / 2)
            groups.append(sheet.write(str(labels[row, column]), x, y, align="centre"))
        sheet.rows.append((_joined(groups),) if close else tuple(groups))


def fill_notebook(sheet: Sheet) -> None:
    """Ruled or squared paper with groups of numbers or with sums on every line."""
    rng, area = sheet.rng, _area(sheet)
    squared = rng.random() < 0.5
    pitch = sheet.digit * rng.uniform(1.45, 1.9)
    first = area.top + pitch
    if squared:
        _squared(sheet, pitch / 2, area.left, first)
    else:
        _ruled(sheet, pitch, first)
    if rng.random() < 0.6:
        x = area.left - 0.01 * sheet.width
        sheet.rule(x, 0, x, sheet.height, 0.35, (110, 100, 215))
    sums = rng.random() < 0.35
    drift = rng.normal(0, 0.004)
    for line in np.arange(first, area.bottom, pitch)[: rng.integers(7, 18)]:
        middle = line - sheet.digit * rng.uniform(0.52, 0.6)
        x = area.left + sheet.digit * rng.uniform(0.8, 2.5)
        groups: list[Group] = []
        for sign in "+-="[rng.integers(0, 2) :: 2] if sums else (" ",) * int(rng.integers(1, 5)):
            if area.right - x < 4.5 * sheet.digit:
                break
            y = middle + drift * (x - area.left)
            groups.append(sheet.write(_number(rng, 1, 3 if sums else 4), x, y))
            x = _right(sheet, groups[-1]) + sheet.digit * rng.uniform(2.0, 3.2)
            if sums:
                sheet.write(sign, x - sheet.digit, y, align="centre")
                x += 0.6 * sheet.digit
        if sums and area.right - x > 3.5 * sheet.digit:
            groups.append(sheet.write(_number(rng, 1, 3), x, middle + drift * (x - area.left)))
        if groups:
            sheet.rows.append(tuple(groups))


def fill_scores(sheet: Sheet) -> None:
    """A score sheet: printed title and labels, a table, names as initials, dashes."""
    rng, area = sheet.rng, _area(sheet)
    font, weight = _print_style(rng)
    pitch = sheet.digit * rng.uniform(1.5, 1.9)
    colour, thickness = _choice(_FRAMES, rng), rng.uniform(0.15, 0.35)
    title = f"{_word(rng)} {_word(rng).lower()}".upper()
    sheet.print_words(title, area.left, area.top, 1.3 * sheet.digit, weight=weight, font=font)
    top = area.top + 2.6 * sheet.digit
    rows = min(int((area.bottom - top) / pitch) - 1, int(rng.integers(9, 19)))
    labels = 0.3 * (area.right - area.left)
    columns = min(6, int((area.right - area.left - labels) / (3.6 * sheet.digit)))
    across = (area.right - area.left - labels) / columns
    left, bottom = area.left + labels, top + (rows + 1) * pitch
    bold = set(rng.integers(2, rows + 1, 2).tolist())
    for row in range(rows + 2):
        y, start = top + row * pitch, area.left if row else left
        sheet.rule(start, y, area.right, y, thickness * (3 if row in bold else 1), colour)
    for column in range(columns + 1):
        x = left + column * across
        sheet.rule(x, top, x, bottom, thickness, colour)
    sheet.rule(area.left, top + pitch, area.left, bottom, thickness, colour)
    used = int(rng.integers(1, columns + 1))
    for column in range(used):
        x, name = left + (column + 0.5) * across, "ABCEFHKMNRTW"[rng.integers(12)]
        sheet.print_words(name, x, top + pitch / 2, sheet.digit, align="centre", font=font)
    for row in range(1, rows + 1):
        y = top + (row + 0.5) * pitch
        x, size = area.left + 0.4 * sheet.digit, min(0.62 * pitch, 0.8 * sheet.digit)
        sheet.print_words(_word(rng), x, y, size, weight=weight, font=font)
        if rng.random() < 0.12:
            continue
        groups = []
        for column in range(used):
            text = DASH if rng.random() < 0.12 else _number(rng, 1, 2)
            x = left + (column + 0.5 + rng.normal(0, 0.03)) * across
            groups.append(sheet.write(text, x, y + rng.normal(0, 0.03) * pitch, align="centre"))
        sheet.rows.append(tuple(groups))
    y = (bottom + area.bottom) / 2
    if y - bottom > sheet.digit:
        words = " ".join(_word(rng).lower() for _ in range(5))
        sheet.print_words(words, area.left, y, 0.55 * sheet.digit, font=font)


def fill_form(sheet: Sheet) -> None:
    """Printed labels with boxes, combs of boxes, or lines to write into."""
    rng, area = sheet.rng, _area(sheet)
    digit = sheet.digit
    font, weight = _print_style(rng)
    colour, thickness = _choice(_FRAMES, rng), rng.uniform(0.15, 0.4)
    title = f"{_word(rng)} {_word(rng).lower()}"
    sheet.print_words(title, area.left, area.top, 1.5 * digit, weight=weight + 200, font=font)
    pitch = digit * rng.uniform(3.2, 4.2)
    kinds = rng.permutation(["comb", "box", "line"])
    across = 2 if area.right - area.left > 26 * digit else 1
    breadth = (area.right - area.left) / across
    for y in np.arange(area.top + pitch, area.bottom - pitch / 4, pitch)[: rng.integers(5, 11)]:
        groups = []
        for column in range(across):
            x = area.left + column * breadth
            kind = kinds[0] if rng.random() < 0.6 else kinds[rng.integers(3)]
            label = _word(rng)
            sheet.print_words(label, x, y - 1.5 * digit, 0.75 * digit, weight=weight, font=font)
            most = max(2, min(8, int((breadth / digit - 3) / 1.45)))
            text = _number(rng, 2, most)
            if kind == "comb":
                cell, tall = 1.25 * digit, 1.5 * digit
                for n in range(most):
                    sheet.frame(x + n * cell, y - tall / 2, cell, tall, thickness, colour)
                middles = [x + (n + 0.5 + rng.normal(0, 0.03)) * cell for n in range(len(text))]
                groups.append(sheet.write_spread(text, middles, y))
                continue
            if kind == "box":
                sheet.frame(x, y - 0.9 * digit, breadth - 3 * digit, 1.8 * digit, thickness, colour)
            else:
                sheet.rule(x, y + 0.6 * digit, x + breadth - 3 * digit, y + 0.6 * digit, thickness)
            groups.append(sheet.write(text, x + digit * rng.uniform(0.6, 1.5), y))
        sheet.rows.append(tuple(groups))


def fill_scattered(sheet: Sheet) -> None:
    """Digits and small numbers anywhere, none near another."""
    rng, area = sheet.rng, _area(sheet)
    digit = sheet.digit
    wanted, taken = int(rng.integers(10, 22)), np.empty((0, 4))
    found = []
    for _ in range(40 * wanted):
        text = _number(rng, 1, 1 if rng.random() < 0.7 else 2)
        x = rng.uniform(area.left, area.right - 2.4 * digit)
        y = rng.uniform(area.top + digit / 2, area.bottom - digit / 2)
        room = np.array([x - digit, y - 0.95 * digit, x + 3.2 * digit, y + 0.95 * digit])
        apart = (taken[:, :2] > room[2:]).any(axis=1) | (taken[:, 2:] < room[:2]).any(axis=1)
        if apart.all():
            taken = np.vstack([taken, room])
            found.append((y, sheet.write(text, x, y)))
        if len(found) == wanted:
            break
    sheet.rows += [(group,) for _, group in sorted(found, key=lambda each: each[0])]


def fill_readings(sheet: Sheet) -> None:
    """A list of meter readings: printed heads, lying rules, dates and numbers with a comma."""
    rng, area = sheet.rng, _area(sheet)
    digit = sheet.digit
    font, weight = _print_style(rng)
    pitch = digit * rng.uniform(1.7, 2.2)
    numbered, colour = rng.random() < 0.5, _choice(_FRAMES, rng)
    thickness = rng.uniform(0.12, 0.3)
    top = area.top + 3.2 * digit
    sheet.print_words(_word(rng), area.left, area.top, 1.4 * digit, weight=600, font=font)
    columns = [area.left, area.left + (3 if numbered else 0.5) * digit]
    columns += [columns[1] + 10.5 * digit]
    for x in columns[1:]:
        y = top - 0.8 * pitch
        sheet.print_words(_word(rng), x, y, 0.75 * digit, weight=weight, font=font)
    date = str(rng.choice(["{}.{}.", "{}/{}", "{}-{}", "{}.{}.{:02}"]))
    rows = min(int((area.bottom - top) / pitch), int(rng.integers(8, 17)))
    for row in range(rows):
        y = top + row * pitch
        sheet.rule(area.left, y + pitch / 2, area.right, y + pitch / 2, thickness, colour)
        groups = []
        if numbered:
            x = columns[0] + 0.9 * digit
            groups.append(sheet.print_number(str(row + 1), x, y, 0.62 * digit))
        day = (int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(20, 30)))
        groups.append(sheet.write(date.format(*day), columns[1], y))
        if rng.random() < 0.1:
            groups.append(sheet.write(DASH, columns[2] + digit, y))
        else:
            text = _number(rng, 3, 5)
            text += "," + _number(rng, 1, 1) if rng.random() < 0.5 else ""
            groups.append(sheet.write(text, columns[2], y))
        sheet.rows.append(tuple(groups))


def fill_puzzle(sheet: Sheet) -> None:
    """A number puzzle: printed givens and handwritten digits in a table."""
    rng = sheet.rng
    cells = 9
    cell = (1 - 2 * _MARGIN) * min(sheet.width, sheet.height) / cells
    digit = cell * rng.uniform(0.42, 0.5)
    left, top = (sheet.width - cells * cell) / 2, (sheet.height - cells * cell) / 2
    thickness = rng.uniform(0.2, 0.4)
    for line in range(cells + 1):
        bold, far, side = (1 if line % 3 else 3), line * cell, cells * cell
        sheet.rule(left + far, top, left + far, top + side, bold * thickness)
        sheet.rule(left, top + far, left + side, top + far, bold * thickness)
    filled = rng.uniform(0.2, 0.8)
    for row in range(cells):
        groups = []
        y = top + (row + 0.5) * cell
        for column in range(cells):
            x, label = left + (column + 0.5) * cell, str(rng.integers(1, 10))
            if rng.random() < 0.35:
                groups.append(sheet.print_number(label, x, y, digit))
            elif rng.random() < filled:
                x, y_hand = (middle + rng.normal(0, 0.05) * cell for middle in (x, y))
                groups.append(sheet.write(label, x, y_hand, align="centre", digit=digit))
        if groups:
            sheet.rows.append(tuple(groups))


def fill_lists(sheet: Sheet) -> None:
    """Two lists side by side, each with a printed head and rows of its own: one after the other."""
    rng, area = sheet.rng, _area(sheet)
    font, weight = _print_style(rng)
    half = (area.right - area.left) / 2
    most = min(5, int((half / sheet.digit - 2) / 1.5))
    if rng.random() < 0.5:
        x = area.left + half - 0.8 * sheet.digit
        sheet.rule(x, area.top, x, area.bottom, 0.3, _choice(_FRAMES, rng))
    for start in (area.left, area.left + half):
        sheet.print_words(_word(rng), start, area.top, sheet.digit, weight=weight, font=font)
        pitch = sheet.digit * rng.uniform(1.7, 2.6)
        rows = np.arange(area.top + 2 * sheet.digit, area.bottom - pitch / 2, pitch)
        for y in rows[: rng.integers(5, 14)]:
            group = sheet.write(_number(rng, 1, most), start + rng.uniform(0, 0.4) * sheet.digit, y)
            sheet.rows.append((group,))


def _right(sheet: Sheet, group: Group) -> float:
    """Where a group ends, in mm."""
    return float(max(mark.outline[:, 0].max() for mark in group.marks)) / sheet.scale


def _joined(groups: list[Group]) -> Group:
    marks = tuple(mark for group in groups for mark in group.marks)
    return Group("".join(group.text for group in groups), marks)


Papers: TypeAlias = tuple[tuple[float, float], ...]
_A4, _A5, _A6, _PAD = (210.0, 297.0), (148.0, 210.0), (105.0, 148.0), (112.0, 172.0)
_A6_WIDE: tuple[float, float] = (148.0, 105.0)

LAYOUTS = {
    "column": Layout(fill_column, (_A4, _A5, _PAD), (5, 8)),
    "slip": Layout(fill_slip, (_A6, _A6_WIDE), (9, 15)),
    "grid": Layout(fill_grid, (_A4, _A5), (6, 9)),
    "notebook": Layout(fill_notebook, (_A4, _A5), (4.6, 6.2)),
    "scores": Layout(fill_scores, (_PAD, _A5), (3.8, 5)),
    "form": Layout(fill_form, (_A4, _A5), (5, 6.5)),
    "scattered": Layout(fill_scattered, (_A4, _A5), (8, 13), ordered=False),
    "readings": Layout(fill_readings, (_A4, _A5), (4.5, 6)),
    "puzzle": Layout(fill_puzzle, (_A5, _A6), (6, 7)),
    "lists": Layout(fill_lists, (_A4, _A5), (5, 8)),
}
