"""What an image file says about itself before a pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from ..records import Reason

MAX_SIDE = 2400  # pixels: a larger page is reduced by a whole factor before it is read


class UnfitError(Exception):
    """A file or a page of it that cannot be read. `decode` turns it into a `Rejection` or a
    `RejectedPage`; it never leaves vision."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a file, `width` x `height` px as stored.

    `orientation` is EXIF's, 1 (upright) to 8, where it is left to us to turn the picture. `white`
    is the sample value of white where the file states one that the decoder does not scale to.
    `thumbnail` says that the picture is a small copy of another one, `fault` why it cannot be read.
    """

    width: int
    height: int
    orientation: int = 1
    dpi: float | None = None
    white: int | None = None
    thumbnail: bool = False
    fault: UnfitError | None = None

    @property
    def pixels(self) -> int:
        """How many it holds."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Header:
    """A file's format and frames. `data` is what the decoder gets: the file, without what could
    only disturb it. `fault` is TRUNCATED or DAMAGED where the file is not whole: a separate word,
    so that the size is known, and judged, even of a file that is cut off behind its header.
    `frames` are none where only the decoder knows them (PDF)."""

    format: str
    frames: tuple[Frame, ...]
    data: bytes
    fault: Reason | None = None

    @property
    def is_cut_off(self) -> bool:
        """Whether the end of the file, or of one of its pictures, is missing."""
        faults = [frame.fault.reason for frame in self.frames if frame.fault]
        return Reason.TRUNCATED in (self.fault, *faults)
