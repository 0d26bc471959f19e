"""digitd: reads handwritten digits from scans and photos."""

from __future__ import annotations

__version__ = "0.1.0"
