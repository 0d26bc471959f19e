"""How large a file's pictures are, for who shares the work out: without NumPy, OpenCV or PDFium."""

from __future__ import annotations

from .formats import png_size, read_header
from .header import MAX_SIDE
from .pdf import guess_pages


def count_pixels(data: bytes) -> int:
    """How many pixels the pictures of a file hold, by its header; 0 where it is no image. What a
    PDF holds is guessed: others should not open files of strangers."""
    if size := png_size(data):  # most tiny scans: their pile is worth a short cut
        return size[0] * size[1]
    try:
        header = read_header(data)
    except Exception:  # of a file that is no image, and of any that we misread: its reader tells
        return 0
    if header.format == "PDF":
        return guess_pages(data) * MAX_SIDE * MAX_SIDE
    return sum(frame.pixels for frame in header.frames)
