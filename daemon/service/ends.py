"""What a file's content says about its own end, for the inbox."""

from __future__ import annotations

import logging
from pathlib import Path

from ..records import Reason
from ..spool.names import printable, shown
from ..spool.settle import End
from ..vision.formats import read_header
from ..vision.header import UnfitError

log = logging.getLogger(__name__)


class EndFinder:
    """Finds the end of files of at most `max_file_mb`; larger ones are rejected unread, so it is
    enough that they are quiet."""

    def __init__(self, max_file_mb: float) -> None:
        self._max_bytes = max_file_mb * 1e6

    def __call__(self, path: Path) -> End:
        """Read the header and what follows from it. Raises OSError."""
        if path.stat().st_size > self._max_bytes:
            return End.THERE
        data = path.read_bytes()
        try:
            header = read_header(data)
        except UnfitError as error:
            return End.MISSING if error.reason is Reason.TRUNCATED else End.THERE
        except Exception:  # it must not end who waits for it: whoever reads it says what is wrong
            log.exception("could not look at the end of %s", printable(shown(path)))
            return End.THERE
        if header.is_cut_off:
            return End.MISSING
        return End.MAY_GROW if header.format == "TIFF" else End.THERE
