"""Delivery under crashes: whatever operation is the last one, the next run makes it whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from crashes import Crash, crashing_at

from daemon.records import Outcome, Reading, Reason, Rejection
from daemon.spool import durable
from daemon.spool.claims import Source
from daemon.spool.delivery import Claim, Delivery, JsonMode
from daemon.spool.document import CSV_HEADER
from daemon.spool.journal import Journal
from daemon.spool.outbox import Outbox
from daemon.spool.steps import Step

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DELIVERY_STEPS = [Step.STAGED, Step.RECORDED, Step.RENAMED, Step.APPENDED, Step.PUBLISHED]


class Case:
    """Scans to be delivered in two batches, to a folder that stays over crashes."""

    def __init__(self, folder: Path, reading: Callable[..., Reading], json: JsonMode) -> None:
        self.folder = folder
        self.json = json
        ids = [f"{number:08x}" * 4 for number in range(4)]
        self.outcomes: dict[str, Outcome] = {
            ids[0]: reading("12", scan_id=ids[0], file="a.png", pictures=(b"picture a",)),
            ids[1]: Rejection(ids[1], "b.png", "cd" * 32, Reason.DAMAGED, "?"),
            ids[2]: reading(scan_id=ids[2], file="c.tif", pictures=(b"page 1", b"page 2")),
        }
        digests = ["ab" * 32, "cd" * 32, "ef" * 32, "ab" * 32]
        self.claims = [
            Claim(scan_id, file, Source(file.encode(), 1, 1), sha256)
            for scan_id, file, sha256 in zip(
                ids, ["a.png", "b.png", "c.tif", "copy.png"], digests, strict=True
            )
        ]

    def run(self, reached: Callable[[Step], None] = lambda _: None) -> None:
        """What a run does: recover, then deliver what the journal does not know."""
        outbox = Outbox(self.folder)
        outbox.create()
        with Journal(outbox.hidden / "journal.db") as journal:
            delivery = Delivery(
                outbox, journal, model="m", json=self.json, clock=lambda: NOON, reached=reached
            )
            delivery.recover()
            for batch in (self.claims[:2], self.claims[2:]):
                if not journal.fates(batch[0].source):
                    delivery.deliver(batch, self.outcomes)

    def visible(self) -> dict[str, bytes]:
        """All that stands in the results folder, by its path."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and ".digitd" not in path.parts
        }

    def staged(self) -> list[Path]:
        return list(Outbox(self.folder).staging.iterdir())


@pytest.fixture(params=["files", "lines"])
def new_case(
    request: pytest.FixtureRequest, tmp_path: Path, reading: Callable[..., Reading]
) -> Callable[[], Case]:
    numbers = count()
    return lambda: Case(tmp_path / f"results {next(numbers)}", reading, request.param)


OPERATIONS = [
    (os, "write"),
    (os, "rename"),
    (Path, "mkdir"),
    (Path, "unlink"),
    (os, "fsync"),
    (Journal, "record"),
    (Journal, "publish"),
]


def crash(case: Case, operation: int) -> bool:
    """Run until that operation; whether it came so far."""
    try:
        with crashing_at(operation, OPERATIONS):
            case.run()
    except Crash:
        return True
    return False


def test_the_results_folder_has_the_documented_shape(new_case: Callable[[], Case]) -> None:
    case = new_case()
    case.run()
    names = {
        "readings.csv",
        "annotated/a.png.00000000.jpg",
        "annotated/c.tif.00000002.p1.jpg",
        "annotated/c.tif.00000002.p2.jpg",
        "rejected/b.png.00000001.reason.json",
    }
    if case.json == "files":
        names |= {f"json/{claim.file}.{claim.id[:8]}.json" for claim in case.claims}
    elif case.json == "lines":
        names |= {"readings.jsonl"}
    assert case.visible().keys() == names
    assert case.staged() == []


def test_every_scan_has_its_row_in_order(new_case: Callable[[], Case]) -> None:
    case = new_case()
    case.run()
    header, *rows = case.visible()["readings.csv"].decode().splitlines(keepends=True)
    assert header == CSV_HEADER
    assert [row.split(",")[0] for row in rows] == ["a.png", "b.png", "c.tif", "copy.png"]
    assert f",{case.claims[0].id},m," not in rows[0]
    assert f",{case.claims[0].id},test-1," in rows[3]  # the copy names its original


def test_after_a_crash_at_any_operation_all_is_whole_and_the_next_run_completes_it(
    new_case: Callable[[], Case],
) -> None:
    undisturbed = new_case()
    undisturbed.run()
    wanted = undisturbed.visible()
    for operation in count():
        case = new_case()
        if not crash(case, operation):
            break
        for name, content in case.visible().items():
            grows = name.startswith("readings.")
            assert wanted[name].startswith(content) if grows else wanted[name] == content
        case.run()
        assert case.visible() == wanted, f"crash at operation {operation}"
        assert case.staged() == []
    assert operation > 15


def test_a_second_crash_during_recovery_is_no_worse(new_case: Callable[[], Case]) -> None:
    undisturbed = new_case()
    undisturbed.run()
    for first in range(2, 100, 5):
        case = new_case()
        if not crash(case, first):
            break
        for second in count(1, 2):
            if not crash(case, second):
                break
        assert case.visible() == undisturbed.visible(), f"first crash at operation {first}"
        assert case.staged() == []


@pytest.mark.parametrize("step", DELIVERY_STEPS)
def test_after_a_crash_behind_any_step_the_next_run_makes_it_whole(
    new_case: Callable[[], Case], step: Step
) -> None:
    def reached(now: Step) -> None:
        if now is step:
            raise Crash

    undisturbed, case = new_case(), new_case()
    undisturbed.run()
    for _ in range(2):
        with pytest.raises(Crash):
            case.run(reached)
        if step is Step.STAGED:
            break
    case.run()
    assert case.visible() == undisturbed.visible()


def test_contents_are_on_the_disk_before_the_journal_says_so(
    new_case: Callable[[], Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[str] = []
    case = new_case()
    monkeypatch.setattr(
        durable, "_fsync", lambda path: log.append(str(Path(path).relative_to(case.folder)))
    )
    case.run(lambda step: log.append(step.name))
    artifacts = [
        name for name in case.visible() if ".00000000." in name or ".00000001." in name
    ]  # those of the first batch
    recorded, renamed = log.index("RECORDED"), log.index("RENAMED")
    staged = {name for name in log[:recorded] if name.startswith(".digitd/staging/")}
    assert staged == {f".digitd/staging/{Path(name).name}" for name in artifacts}
    assert {Path(name).parent.name for name in artifacts} <= set(log[recorded:renamed])
