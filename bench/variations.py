"""Own variations (stub until the generator lands)."""

from __future__ import annotations

from pathlib import Path

KINDS: tuple[str, ...] = ()


def write_variations(kind: str, n: int, folder: Path, pens: Path) -> None:
    """Draw `n` pictures of a kind."""
