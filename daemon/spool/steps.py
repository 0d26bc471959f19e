"""The thirteen steps from the inbox to the archive, each repeatable; fault tests stop behind each.

Looking again, claiming, renaming and reading are the daemon's alone. The one-shot batch, whose
input never moves, goes from `STAGED` to `PUBLISHED`.
"""

from __future__ import annotations

from enum import Enum


class Step(Enum):
    """What has just been done, in this order."""

    LOOKED = "looked"  # the signature is still the settled one
    CLAIMING = "claiming"  # the journal knows that the file will be moved
    MOVED = "moved"  # inbox/PATH -> inbox/.claimed/ID~NAME
    CLAIMED = "claimed"  # and that it was
    ATTEMPTED = "attempted"  # what kills the reader counts
    READ = "read"
    STAGED = "staged"  # documents and pictures, synced, where nobody looks
    RECORDED = "recorded"  # the one moment a result comes to exist
    RENAMED = "renamed"  # staged files have their final names
    APPENDED = "appended"  # rows stand in readings.csv
    PUBLISHED = "published"
    STORED = "stored"  # originals are in archive/ or rejected/
    ARCHIVED = "archived"  # and the journal says so
