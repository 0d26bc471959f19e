"""What was seen of a whole page, for people: its ink, flat and straight, without rules."""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Page
from .page_stage import PageLook
from .reduce import reduction_of
from .stages import Ground, Sight, Stage, difference, panel_size, shrink

_TURNED = ("", "; turned left", "; turned upside down", "; turned right")
_TITLE = "ink without rules"


def look_back_at_page(page: Page, look: PageLook) -> Sight:
    """The stages that a page went through, as it was turned in the end."""
    writing = look.writing
    ink, shape = writing.ink, (writing.mask.shape[0], writing.mask.shape[1])
    size = panel_size(shape)
    most = max(1, int(ink.contrast.max()))
    contrast = cv2.convertScaleAbs(shrink(ink.contrast, size), alpha=255 / most)
    note = f"flat and level{_TURNED[look.turns]}; up to {most} of 255, noise {ink.floor}"
    stages = (
        Stage("contrast", note, 255 - contrast),
        Stage("all ink", "dark on light", difference(ink.mask, ink.mask, size)),
        Stage(
            _TITLE, f"digits {writing.height:.0f} px high", difference(writing.mask, ink.mask, size)
        ),
    )
    ground = Ground(_TITLE, shrink(writing.mask * np.uint8(255), size), shape)
    factor = reduction_of(*page.pixels.shape) << look.halvings
    return Sight(factor, size, stages, (ground,))
