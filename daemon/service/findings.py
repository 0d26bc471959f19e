"""What `digitd doctor` found out: one value for each thing that was tried."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..spool.names import printable, shown


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` names what was tried, `message` says what came of it, `cure` how to mend it.

    With an `exit_code` it is broken: digitd cannot work like this. A cure without one is a warning.
    """

    check: str
    message: str
    cure: str = ""
    exit_code: int = 0

    @property
    def level(self) -> str:
        """ok, warning or broken."""
        if self.exit_code:
            return "broken"
        return "warning" if self.cure else "ok"

    def as_text(self) -> str:
        """For a person; the cure on a line of its own."""
        text = f"{self.level:<8}{self.check:<9}{self.message}"
        return f"{text}\n{'':<17}-> {self.cure}" if self.cure else text

    def as_json(self) -> dict[str, str]:
        """For a program."""
        return {
            "check": self.check,
            "level": self.level,
            "message": self.message,
            "cure": self.cure,
        }


def name_of(path: Path) -> str:
    """A path as a message can hold it, and as it is found from anywhere."""
    return printable(shown(path.absolute()))
