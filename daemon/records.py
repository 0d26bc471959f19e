"""The values that flow from the inbox to the outbox, frozen.

Coordinates everywhere: pixels of the upright page, origin top left, half-open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # who hands values on need not wait for NumPy
    import numpy.typing as npt

# OpenCV's stubs promise no more than "integer or floating", so arrays that pass through it are
# typed without their dtype; what they hold stands beside the name and in the docstrings.
Grey: TypeAlias = "npt.NDArray[Any]"  # (H, W) uint8, or (H, W, 3) uint8 BGR where said so
Ink: TypeAlias = "npt.NDArray[Any]"  # (H, W) float32, ink = 1, ground = 0

_EXTENSIONS = (  # also of what cannot be read yet: a row that says so beats silence
    "avif bmp dib gif heic heif jfif jp2 jpe jpeg jpg pbm pdf pgm png pnm ppm tif tiff webp"
)
SCAN_EXTENSIONS = frozenset(f".{name}" for name in _EXTENSIONS.split())  # of files in folders
_SYSTEMS_OWN = frozenset({"@eaDir"})  # thumbnails that Synology makes of every picture

DIGITS = 10  # classes that are one; what follows them, where a network knows it, is no digit


def is_passed_over(name: str) -> bool:
    """Whether files and folders of this name are no scans, whatever they hold."""
    return name.startswith((".", "~")) or name in _SYSTEMS_OWN


class Sent:
    """A value that goes from process to process by the thousand: as its class and its fields, which
    costs half of what pickling a frozen dataclass does by itself."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        kind: Any = type(self)
        return kind, _values_of(kind)(self)


@cache
def _values_of(kind: Any) -> Callable[[object], tuple[Any, ...]]:
    """What gives the values of a dataclass's fields, of two or more, in order."""
    return attrgetter(*(field.name for field in fields(kind)))


class Status(StrEnum):
    """The fate of a line, and by its worst line of a scan."""

    READ = "read"  # confident
    REVIEW = "review"  # some digit is below the threshold: a person should look
    EMPTY = "empty"  # no digits found
    REJECTED = "rejected"  # not readable; a reason code says why


class Reason(StrEnum):
    """Why a scan or a page of it was rejected; stable codes, written to readings.csv."""

    EMPTY_FILE = "empty_file"
    NOT_AN_IMAGE = "not_an_image"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    UNSUPPORTED = "unsupported"
    ENCRYPTED = "encrypted"
    NOT_A_FILE = "not_a_file"
    BROKEN_LINK = "broken_link"
    NO_PERMISSION = "no_permission"
    UNREADABLE = "unreadable"
    KILLED_WORKER = "killed_worker"


class Check(StrEnum):
    """How a number's last digits follow from the others."""

    NONE = "none"
    LUHN = "luhn"
    MOD97 = "mod97"
    EAN13 = "ean13"


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a line before it is read: from `least` to `most` digits (None: any number),
    and the check that they pass."""

    least: int = 0
    most: int | None = None
    check: Check = Check.NONE

    def __post_init__(self) -> None:
        if self.least < 0 or (self.most is not None and self.most < max(1, self.least)):
            raise ValueError(f"a line cannot have {self.least} to {self.most} digits")


class Expect(StrEnum):
    """What a scan is said to hold."""

    NUMBER = "number"  # one line, or as many as `Hints.lines` says
    DIGIT = "digit"  # a single digit
    PAGE = "page"  # any number of lines


@dataclass(frozen=True, slots=True)
class Hints:
    """What users know of their paper before it is read. `line` is of each line; `lines` is how many
    there are; `rotate` turns a page clockwise by 0, 90, 180 or 270 degrees, None says nothing of
    it; `region` is the part of the page, after turning, that counts: x, y, width, height in
    fractions of the page."""

    expect: Expect | None = None
    line: Expected = Expected()
    lines: int | None = None
    rotate: int | None = None
    region: tuple[float, float, float, float] | None = None

    @property
    def line_count(self) -> int | None:
        """How many lines a page is said to have; None: any number."""
        if self.lines is None and self.expect in (Expect.NUMBER, Expect.DIGIT):
            return 1
        return self.lines

    @property
    def text(self) -> str:
        """What is known, on one line; "" where nothing is. The same hints have the same text."""
        line = self.line
        said = {
            "expect": self.expect,
            "digits": None if (line.least, line.most) == (0, None) else f"{line.least}-{line.most}",
            "lines": self.lines,
            "rotate": self.rotate,
            "region": self.region and ",".join(f"{each:g}" for each in self.region),
            "check": None if line.check is Check.NONE else line.check,
        }
        return " ".join(f"{name}={value}" for name, value in said.items() if value is not None)


@dataclass(frozen=True, slots=True)
class SeenDigit:
    """One digit as the line reader sees it. `left`, `top`, `right`, `bottom` are pixels of the
    line's view; `probabilities` are those of 0 to 9 at its frame, the rest is that of no digit."""

    digit: int
    left: float
    top: float
    right: float
    bottom: float
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SeenLine:
    """A line as the line reader sees it. `probability` is the network's own, not calibrated, of
    exactly these digits; `alternatives` are other readings with theirs, best first. Where a reading
    was found that is as expected, this is the best such one."""

    digits: tuple[SeenDigit, ...]
    probability: float
    alternatives: tuple[tuple[str, float], ...]

    @property
    def text(self) -> str:
        """The digits as they are written."""
        return "".join(str(digit.digit) for digit in self.digits)


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A line that the line reader is asked about: `look` is the usual view of it, (32, W) float32;
    `further` makes others, which count where that one is not sure."""

    look: Ink
    further: Callable[[], tuple[Ink, ...]] = tuple
    expected: Expected = Expected()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for `text` being all that is written on a line. `seen` is the line reader's
    probability of it; `glyphs` the glyph network's log probability of those of its digits that
    stand where it gives one, too; `added` how many digits there are more than in the line reader's
    likeliest reading; `agreed` says that the glyph network gives the same text, `sure` that it is
    sure of it."""

    text: str
    seen: float
    glyphs: float
    added: int
    agreed: bool
    sure: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """What speaks for a line saying something else than the texts that come into question: the
    probability `unseen` that the line reader leaves for others; something `left_out`, a mark which
    the glyph network held for no digit; that it `differs` in the number of `digits`, those of the
    line reader's likeliest reading."""

    unseen: float
    left_out: bool
    differs: bool
    digits: int


@dataclass(frozen=True, slots=True)
class Scan(Sent):
    """The bytes of one file, read once: what is hashed is what is decoded.

    `id` is the arrival's id in the journal, `file` the path relative to the inbox or the folder
    given, with `/` as separator, `sha256` the hex digest of `data`. `path` is where the file lies,
    absolute, as the disk has it, for machines that share the disk.
    """

    id: str
    file: str
    sha256: str
    data: bytes
    hints: Hints = Hints()
    path: bytes | None = None

    @property
    def size(self) -> int:
        """Size of the file in bytes."""
        return len(self.data)


@dataclass(frozen=True, slots=True)
class Page:
    """One upright page. `pixels` is (H, W) uint8 grey; `colour` (H, W, 3) uint8 BGR or None when
    the page is grey anyway. `number` counts from 1. `dpi` is None when the file does not say.

    A large page is decoded at the scale that reading needs: then each of `pixels` stands for
    `reduction` x `reduction` of the page's own, and `full_size` is its width and height in these.
    """

    number: int
    pixels: Grey
    colour: Grey | None = None
    dpi: float | None = None
    reduction: int = 1
    full_size: tuple[int, int] | None = None

    @property
    def width(self) -> int:
        """In the page's own pixels."""
        return self.full_size[0] if self.full_size else int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """In the page's own pixels."""
        return self.full_size[1] if self.full_size else int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class Box(Sent):
    """A rectangle: columns x to x+width, rows y to y+height (half-open)."""

    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"a box has a positive size, not {self.width}x{self.height}")

    @property
    def right(self) -> int:
        """First column to the right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below the box."""
        return self.y + self.height

    def union(self, other: Box) -> Box:
        """The smallest box that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        right, bottom = max(self.right, other.right), max(self.bottom, other.bottom)
        return Box(x, y, right - x, bottom - y)


@dataclass(frozen=True, slots=True)
class Digit(Sent):
    """One digit as read. `confidence` is the calibrated probability that `digit` is right,
    `probabilities` the ten calibrated probabilities of 0 to 9 (their sum is at most 1: the rest is
    the probability that it is no digit at all)."""

    box: Box
    digit: int
    confidence: float
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Line(Sent):
    """Digits that stand on one line, left to right. `confidence` is the calibrated probability
    that the whole line is right; `status` is READ or REVIEW. `reason` says in words why a person
    should look, where it is not for want of confidence alone; `alternatives` are other readings
    with their probabilities, best first."""

    digits: tuple[Digit, ...]
    text: str
    confidence: float
    box: Box
    status: Status
    reason: str = ""
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class PageReading(Sent):
    """The lines of one page, in reading order; `width` and `height` in pixels of the page."""

    number: int
    width: int
    height: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class RejectedPage:
    """Why one page was not read, of a scan of which others may have been."""

    number: int
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Picture(Sent):
    """An encoded picture of one page: its number, and a file's bytes."""

    page: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Durations(Sent):
    """Where the time of one scan went, in milliseconds; `read_ms` is the scan's share of the one
    predict call of its batch."""

    decode_ms: float
    find_ms: float
    read_ms: float


@dataclass(frozen=True, slots=True)
class Reading(Sent):
    """What was read from one scan, one page of it at least; `status` is REVIEW where some page was
    rejected. `model` is the version's name. `pictures` are annotated pages (JPEG), `explanations`
    what each stage saw of each page (PNG), where they were asked for."""

    scan_id: str
    file: str
    sha256: str
    pages: tuple[PageReading, ...]
    status: Status
    model: str
    durations: Durations
    pictures: tuple[Picture, ...] = ()
    explanations: tuple[Picture, ...] = ()
    rejected_pages: tuple[RejectedPage, ...] = ()

    @property
    def page_count(self) -> int:
        """How many pages the scan has, rejected ones included."""
        return len(self.pages) + len(self.rejected_pages)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one scan was not read. `sha256` is None where the bytes could not be read."""

    scan_id: str
    file: str
    sha256: str | None
    reason: Reason
    message: str


Outcome: TypeAlias = Reading | Rejection


@dataclass(frozen=True, slots=True)
class Limits:
    """What a scan may cost, checked on the header before pixels are allocated; `max_megapixels` of
    each page."""

    max_file_mb: float = 200
    max_megapixels: float = 200
    max_pages: int = 500
