"""A page and what every stage of reading saw, on one picture, for whoever asks why.

From top to bottom: the page, its contrast and its ink, with what was removed in red; the layouts
that were weighed, best first, each with its score; and of the one that was chosen every candidate's
glyph, enlarged, beside what the network holds it for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..records import DIGITS, Grey, Line, Page, PageReading, Rejection, Status
from .blocks import GAP, TEXT, blank, flow, panel, stack, text_block
from .chips import Rect
from .choice import Choice, Probabilities, best
from .labels import fill_rounded
from .lettering import BOLD, REGULAR, printable, width_of, write
from .look import HEADER, LOOKS, PAPER, SLATE, draw_header, fate_of, header_of, percent
from .reduce import reduction_of
from .stages import Ground, Sight, mixed, panel_size, shrink

MAX_LAYOUTS = 12  # of a page, that are shown
MAX_GLYPHS = 48
MAX_LABELS = 60  # candidates of a layout: more would hide each other's
MARGIN = 24  # px round everything
MIN_WIDTH, MAX_WIDTH = 592, 1552  # px of the body
ENLARGED = 4  # a glyph
# As small as with the filters that suit each row best, in half the time.
_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 3, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP)
_TOP = 3  # classes that are shown
_BAR = (39, 34)  # px: where a probability's bar begins, and its length
_CARD = (28 * ENLARGED + 130, 28 * ENLARGED)  # px, width and height


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is known of one page. `choices` are its layouts in the order of the `sights` that
    they come from, `glyphs` (n, 28, 28) float32 those of all their candidates, likewise."""

    title: str
    page: Page
    reading: PageReading
    status: Status
    sights: Sequence[Sight]
    choices: Sequence[Choice]
    glyphs: npt.NDArray[np.float32]
    review_below: float


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A layout as it was weighed, with what it was found on, its glyphs, and the fate of each
    candidate: EMPTY is left out as no digit."""

    choice: Choice
    ground: Ground
    glyphs: npt.NDArray[np.float32]
    fates: Sequence[Status]
    is_chosen: bool


def explain(seen: Explanation) -> bytes:
    """The picture as a PNG file, 640 to 1600 px wide."""
    weighed = _rank(seen)
    sections = [("What was seen. Red: left out", _stages(seen))]
    if weighed:
        heading = f"What was weighed. Layouts: {len(weighed)}"
        if len(weighed) > MAX_LAYOUTS:
            heading += f", the best {MAX_LAYOUTS}"
        shown = weighed[:MAX_LAYOUTS]
        sections.append((heading, [_layout(rank, one) for rank, one in enumerate(shown, 1)]))
        sections.append(_glyphs(weighed[0]))
    else:
        text = "Nothing was found that has the size and shape of writing."
        sections.append(("What was weighed", [text_block(text, MIN_WIDTH, weight=REGULAR)]))
    natural = (sum(block.shape[1] + GAP for block in blocks) - GAP for _, blocks in sections)
    width = min(max(MIN_WIDTH, *natural), MAX_WIDTH)
    body = stack(
        [
            stack([text_block(heading, width, 16), flow(blocks, width)], gap=10)
            for heading, blocks in sections
        ],
        gap=MARGIN,
    )
    return _picture(body, seen.reading.lines, seen.title, seen.status)


def explain_rejection(rejection: Rejection) -> bytes:
    """A picture that says why there is nothing to see, as a PNG file."""
    text = printable(f"{rejection.reason}: {rejection.message}")
    body = text_block(text, MIN_WIDTH, weight=REGULAR)
    return _picture(body, (), rejection.file, Status.REJECTED)


def _picture(body: Grey, lines: Sequence[Line], title: str, status: Status) -> bytes:
    height, width = len(body), max(body.shape[1], MIN_WIDTH)
    picture = blank(width + 2 * MARGIN, HEADER + height + 2 * MARGIN)
    draw_header(picture[:HEADER], header_of(lines, printable(title), status))
    top = HEADER + MARGIN
    picture[top : top + height, MARGIN : MARGIN + body.shape[1]] = body
    _, data = cv2.imencode(".png", picture, _PNG)
    return data.tobytes()


def _rank(seen: Explanation) -> list[_Weighed]:
    """The layouts, best first: the first is the one that was chosen."""
    chosen = best(seen.choices)
    grounds = [ground for sight in seen.sights for ground in sight.grounds]
    weighed, at = [], 0
    for choice, ground in zip(seen.choices, grounds, strict=True):
        glyphs = seen.glyphs[at : at + len(choice.rows)]
        at += len(glyphs)
        is_chosen = choice is chosen
        read = iter(_fates(seen) if is_chosen else [])
        fates = [
            Status.EMPTY if digit is None else next(read, Status.READ) for digit in choice.digits
        ]
        weighed.append(_Weighed(choice, ground, glyphs, fates, is_chosen))
    return sorted(weighed, key=lambda one: -one.choice.score.total)


def _fates(seen: Explanation) -> list[Status]:
    """Those of all digits that were read, in reading order."""
    return [
        fate_of(digit, line, seen.review_below)
        for line in seen.reading.lines
        for digit in line.digits
    ]


def _stages(seen: Explanation) -> list[Grey]:
    page = seen.page.pixels if seen.page.colour is None else seen.page.colour
    factor = seen.page.reduction * seen.sights[0].factor
    note = f"{seen.page.width} x {seen.page.height} px" + (
        f", read at 1/{factor} of that" if factor > 1 else ""
    )
    reduced = reduction_of(*page.shape[:2])
    size = panel_size((max(1, page.shape[0] // reduced), max(1, page.shape[1] // reduced)))
    blocks = [panel(_sized(page, size), "page", note)]
    for sight in seen.sights:
        blocks += [panel(_sized(s.pixels, sight.size), s.title, s.note) for s in sight.stages]
    return blocks


def _layout(rank: int, weighed: _Weighed) -> Grey:
    """A layout's candidates on the ink they were found in."""
    choice, score = weighed.choice, weighed.choice.score
    look = LOOKS[Status.READ].fill
    marks = "1 mark" if len(choice.rows) == 1 else f"{len(choice.rows)} marks"
    title = f"{rank}{', chosen' if weighed.is_chosen else ''}: {marks} in {weighed.ground.title}"
    against = {
        "doubt": -score.sure,
        "marks": score.digits,
        "ink not read": -score.read,
        "prior": score.cost,
        "hints": score.hints,
    }
    parts = [f"{name} {loss:.2f}" for name, loss in against.items() if loss >= 0.005]
    note = f"score {score.total:.2f}: {', '.join(parts)}"
    return panel(_marked(weighed), title, note, look if weighed.is_chosen else None)


def _marked(weighed: _Weighed) -> Grey:
    shape, candidates = weighed.ground.shape, weighed.choice.layout.candidates
    inked, taken = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for candidate in candidates:
        x, y = max(0, candidate.box.x - 1), max(0, candidate.box.y - 1)
        height, width = candidate.ink.shape
        window = slice(y, y + height), slice(x, x + width)
        inked[window] = np.maximum(inked[window], cv2.convertScaleAbs(candidate.ink, alpha=255))
        taken[window] |= (candidate.ink > 0).view(np.uint8) * np.uint8(255)
    size = panel_size(shape)
    left_out = cv2.subtract(weighed.ground.mask, shrink(taken, size))
    picture = _sized(mixed(shrink(inked, size), left_out), size)
    scale = size[0] / shape[1]
    marks = zip(candidates, weighed.choice.digits, weighed.fates, strict=True)
    for candidate, digit, fate in marks:
        colour = LOOKS[fate].fill if weighed.is_chosen or fate is Status.EMPTY else SLATE
        box = candidate.box
        left, top = int(box.x * scale), int(box.y * scale)
        right, bottom = round(box.right * scale), round(box.bottom * scale)
        cv2.rectangle(picture, (left - 1, top - 1), (right, bottom), colour, 1)
        middle = top - 9 if top >= 18 else bottom + 9
        if len(candidates) <= MAX_LABELS and middle + 9 <= size[1]:
            label = "-" if digit is None else str(digit)
            write(picture, label, left, middle, colour, 14, BOLD)
    return picture


def _glyphs(chosen: _Weighed) -> tuple[str, list[Grey]]:
    """The heading and a card per candidate, or of the least sure where there are many."""
    rows = chosen.choice.rows
    shown = sorted(np.argsort(rows.max(axis=1), kind="stable")[:MAX_GLYPHS].tolist())
    heading = (
        "What was read: the marks of the chosen layout, by line and place, as the network saw them"
    )
    if len(shown) < len(rows):
        heading += f"; the {len(shown)} least sure of {len(rows)}"
    places = [
        f"{line}.{place}"
        for line, candidates in enumerate(chosen.choice.layout.lines, 1)
        for place in range(1, len(candidates) + 1)
    ]
    cards = [_card(chosen.glyphs[n], rows[n], chosen.fates[n], places[n]) for n in shown]
    return heading, cards


def _card(glyph: npt.NDArray[np.float32], row: Probabilities, fate: Status, place: str) -> Grey:
    """A glyph, its fate, and its likeliest classes."""
    look = LOOKS[fate]
    card = blank(*_CARD)
    side = _CARD[1]
    shown = cv2.convertScaleAbs(1 - glyph, alpha=255)
    card[:side, :side] = _sized(cv2.cvtColor(shown, cv2.COLOR_GRAY2BGR), (side, side))
    cv2.rectangle(card, (0, 0), (side - 1, side - 1), look.fill, 2)

    left, right = side + 10, _CARD[0] - 1
    word = "no digit" if fate is Status.EMPTY else fate.value
    chip = Rect(left, 0, left + width_of(word, TEXT, BOLD) + 12, 20)
    fill_rounded(card, chip, look.fill)
    write(card, word, left + 6, 10, look.text, TEXT, BOLD)
    write(card, place, right - width_of(place, TEXT), 10, SLATE, TEXT)
    likeliest = np.argsort(-row, kind="stable")[:_TOP]
    for number, label in enumerate(likeliest.tolist()):
        middle = 38 + 28 * number
        probability = float(row[label])
        text = "none" if label == DIGITS else str(label)
        write(card, text, left, middle, SLATE, TEXT + 1, BOLD)
        start, length = left + _BAR[0], _BAR[1]
        cv2.rectangle(card, (start, middle - 5), (start + length, middle + 5), PAPER, cv2.FILLED)
        end = start + round(length * probability)
        colour = look.fill if number == 0 else SLATE
        if end > start:
            cv2.rectangle(card, (start, middle - 5), (end, middle + 5), colour, cv2.FILLED)
        text = percent(probability, decimals=1)
        write(card, text, right - width_of(text, TEXT - 1), middle, SLATE, TEXT - 1)
    return card


def _sized(picture: Grey, size: tuple[int, int]) -> Grey:
    """The picture in `size`, enlarged with crisp pixels."""
    picture = shrink(picture, size)
    if picture.shape[1::-1] == size:
        return picture
    return cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST)
