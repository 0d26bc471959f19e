"""What must hold when all is over, whatever happened on the way."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from daemon.spool.export import export
from daemon.spool.journal import Journal


def problems(folder: Path, drops: Mapping[str, bytes], outbox: str = "outbox") -> list[str]:
    """What is wrong below `folder` after `drops` (content by path in the inbox) were all read: one
    result and one original for each, nothing left over, a journal that adds up, and an export that
    is equal byte for byte. Empty when all is well."""
    found: list[str] = []
    days = sorted(path for path in (folder / outbox).glob("20*") if path.is_dir())
    rows = Counter[str]()
    for sheet in (path for day in days for path in sorted(day.glob("readings*.csv"))):
        with sheet.open(newline="", encoding="utf-8") as file:
            rows.update(row["file"] for row in csv.DictReader(file, strict=True))
    found += [f"{name}: {rows[name]} rows" for name in {*drops, *rows} if rows[name] != 1]
    wanted = Counter(hashlib.sha256(content).hexdigest() for content in drops.values())
    originals = Counter(
        hashlib.sha256(path.read_bytes()).hexdigest()
        for day in days
        for path in [*day.glob("archive/*"), *day.glob("rejected/*")]
        if not path.name.endswith(".reason.json")
    )
    if originals != wanted:
        found.append(f"{originals.total()} originals of {wanted.total()}")
    for place in (folder / outbox / ".staging", folder / "inbox" / ".claimed"):
        found += [f"left over: {path}" for path in place.iterdir()]
    found += [f"not read: {path}" for path in (folder / "inbox").glob("[!.]*") if path.is_file()]
    documents = {path.name for day in days for path in day.glob("json/*")}
    if len(documents) != len(drops):
        found.append(f"{len(documents)} documents of {len(drops)}")
    return found + _differences(folder, days)


def _differences(folder: Path, days: list[Path]) -> list[str]:
    """Where the journal does not add up, or does not give the live files again."""
    found: list[str] = []
    exported = folder / "exported"
    with Journal(folder / "state" / "journal.db") as journal:
        balance = journal.balance()
        if not balance.is_even or balance.in_work:
            found.append(f"uneven: {balance}")
        export(journal, exported)
    for day in days:
        copy = exported / day.name
        live = {path.relative_to(day): path for path in day.rglob("*.json")}
        live[Path("readings.csv")] = day / "readings.csv"
        for name, path in live.items():
            if not (copy / name).exists() or (copy / name).read_bytes() != path.read_bytes():
                found.append(f"exported differently: {name}")
    return found
