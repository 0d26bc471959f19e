"""The long fault tests: `make faults`, or `python bench/faults.py [NAME...]`.

Each scenario runs the real daemon in processes of its own (with the tests' quick reader, whose
scans say in their bytes what they hold) and says `ok`, or what is wrong. Only `small_queue` needs
root, and is skipped without; a full disk is a small tmpfs in a user namespace of its own.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "service"
sys.path[:0] = [str(ROOT), str(TESTS)]

from aftermath import problems  # noqa: E402 -- of the tests, which are no package

ENVIRONMENT = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{TESTS}"}


class SkippedError(Exception):
    """This machine has no way to run a scenario."""


def start(folder: Path, *arguments: str, log: str = "log") -> subprocess.Popen[bytes]:
    """A daemon below `folder`; what it logs is added to a file there."""
    with (folder / log).open("ab") as stream:
        return subprocess.Popen(
            [sys.executable, TESTS / "fake_daemon.py", folder, *arguments],
            env=ENVIRONMENT,
            stderr=stream,
            start_new_session=True,
        )


def finish(folder: Path, *arguments: str) -> None:
    """Let a daemon read what is left."""
    with start(folder, "--once", *arguments) as last:
        if last.wait(600) not in (0, 1):
            raise SystemExit(f"the daemon failed: {(folder / 'log').read_text()[-2000:]}")


def stop(daemon: subprocess.Popen[bytes]) -> None:
    """End a daemon in good order."""
    daemon.terminate()
    daemon.wait(60)


def drop(folder: Path, name: str, content: bytes) -> None:
    """Put a file into the inbox as careful senders do: under another name first."""
    hidden = folder / "inbox" / f".{name}"
    hidden.write_bytes(content)
    hidden.rename(folder / "inbox" / name)


def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Whether a condition came true in time."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def rows(folder: Path, outbox: str = "outbox") -> int:
    """How many lines all readings.csv have, their headers not counted."""
    sheets = (folder / outbox).glob("20*/readings*.csv")
    return sum(max(0, sheet.read_bytes().count(b"\n") - 1) for sheet in sheets)


def random_kills(folder: Path) -> list[str]:
    """30 SIGKILLs at random moments while 2,000 files arrive."""
    chance = random.Random(20261121)
    drops = {f"{number:04}.png": f"{number:04}".encode() for number in range(2000)}

    def arrive() -> None:
        for name, content in drops.items():
            drop(folder, name, content)
            time.sleep(0.02)

    sender = threading.Thread(target=arrive)
    sender.start()
    for _ in range(30):
        daemon = start(folder, "--max-scans", "64")
        time.sleep(chance.uniform(0.3, 2.5))
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()
    sender.join()
    print(f"    {rows(folder)} of 2000 read when the kills were over")
    finish(folder)
    return problems(folder, drops)


def twenty_thousand(folder: Path) -> list[str]:
    """20,000 files already there, 20,000 more dropped at once; memory."""
    drops = {f"a{number}.png": f"{number}".encode() for number in range(20_000)}
    for name, content in drops.items():
        (folder / "inbox" / name).write_bytes(content)
    daemon = start(folder)
    more = {f"b{number}.png": f"1{number:05}".encode() for number in range(20_000)}
    aside = folder / "aside"
    aside.mkdir()
    for name, content in more.items():
        (aside / name).write_bytes(content)
    aside.rename(folder / "inbox" / "b")
    drops |= {f"b/{name}": content for name, content in more.items()}
    started, peak = time.monotonic(), 0
    while rows(folder) < len(drops) and time.monotonic() - started < 1200:
        peak = max(peak, _rss_mb(daemon.pid))
        time.sleep(1)
    seconds = time.monotonic() - started
    stop(daemon)
    print(f"    40,000 in {seconds:.0f} s, peak {peak} MB of the main process")
    found = problems(folder, drops)
    return found if peak < 400 else [*found, f"{peak} MB"]


def small_queue(folder: Path) -> list[str]:
    """inotify's queue holds 16 events while 3,000 files arrive at a daemon that does not look."""
    limit = Path("/proc/sys/fs/inotify/max_queued_events")
    usual = limit.read_text()
    try:
        limit.write_text("16")
    except OSError as error:
        raise SkippedError(f"the queue cannot be made small here: {error}") from error
    try:  # the queue keeps the size that it was made with
        daemon = start(folder, "--observer", "inotify", "--rescan", "2")
        watching = wait_until(lambda: b"watching" in (folder / "log").read_bytes(), 30)
    finally:
        limit.write_text(usual)
    daemon.send_signal(signal.SIGSTOP)
    drops = {f"{number:04}.png": f"{number:04}".encode() for number in range(3000)}
    for name, content in drops.items():
        drop(folder, name, content)
    daemon.send_signal(signal.SIGCONT)
    complete = watching and wait_until(lambda: rows(folder) >= len(drops), 120)
    stop(daemon)
    return problems(folder, drops) if complete else ["not all read", *problems(folder, drops)]


def two_daemons(folder: Path) -> list[str]:
    """Two daemons with a state and an outbox each, one inbox, 2,000 files."""
    daemons = [
        start(folder, "--state", f"state{each}", "--outbox", f"outbox{each}", "--max-scans", "32")
        for each in "12"
    ]
    names = {f"{number:04}.png" for number in range(2000)}
    for name in sorted(names):
        drop(folder, name, name[:4].encode())
    read = [set[str](), set[str]()]

    def is_complete() -> bool:
        for number, done in enumerate(read, 1):
            for sheet in (folder / f"outbox{number}").glob("20*/readings.csv"):
                done |= {line.split(",")[0] for line in sheet.read_text().splitlines()[1:]}
        return read[0] | read[1] >= names

    found = [] if wait_until(is_complete, 120) else ["not all read"]
    for daemon in daemons:
        stop(daemon)
    is_complete()
    print(f"    {len(read[0])} and {len(read[1])} scans")
    if both := read[0] & read[1]:
        found.append(f"{len(both)} read twice")
    if rows(folder, "outbox1") + rows(folder, "outbox2") != 2000:
        found.append("rows do not add up")
    return found + [f"left over: {path}" for path in (folder / "inbox" / ".claimed").iterdir()]


def latency(folder: Path) -> list[str]:
    """From a rename into the inbox of an idle daemon to the row, median of 20."""
    daemon = start(folder, "--quiet", "2")
    drop(folder, "first.png", b"1")
    wait_until(lambda: rows(folder) == 1, 30)
    times = []
    for number in range(20):
        wanted = rows(folder) + 1
        time.sleep(0.3)
        started = time.monotonic()
        drop(folder, f"{number}.png", f"2{number}".encode())
        wait_until(lambda wanted=wanted: rows(folder) == wanted, 30)
        times.append(time.monotonic() - started)
    stop(daemon)
    median = statistics.median(times) * 1000
    print(f"    median {median:.0f} ms, worst {max(times) * 1000:.0f} ms, with one look to confirm")
    return [] if median < 300 else [f"{median:.0f} ms"]


def slow_writers(folder: Path) -> list[str]:
    """The daemon as it ships, and senders as they are: each file is read once, whole."""
    models = os.environ.get("DIGITD_MODELS", str(ROOT / "models"))
    inbox, samples = folder / "inbox", ROOT / "samples"
    with (folder / "log").open("ab") as stream:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "daemon", "watch"],
            cwd=folder,
            env=ENVIRONMENT | {"DIGITD_MODELS": models},
            stderr=stream,
        )
    wait_until(lambda: b"watching" in (folder / "log").read_bytes(), 60)
    wanted: dict[str, bytes] = {}

    def sends(name: str, content: bytes, how: Callable[[Path, bytes], None]) -> threading.Thread:
        wanted[name] = content
        thread = threading.Thread(target=how, args=(inbox / name, content))
        thread.start()
        return thread

    def sample(name: str) -> bytes:
        return (samples / name).read_bytes()

    threads = [
        sends("byte by byte.png", sample("tiny.png"), _byte_by_byte),
        sends("pages.tif", _pages(3), _page_by_page),
        sends("placeholder.png", sample("two.png"), _placeholder),
        sends("replaced.png", sample("marker.png"), _replaced),
        sends("old.jpg", sample("dim.jpg"), _with_an_old_date),
        sends("moved in/deep/a.png", sample("blackboard.png"), _with_its_folder),
        sends("rsync.jpg", sample("negative.jpg"), _like_rsync),
        sends("download.jpg", sample("phone.jpg"), _like_a_browser),
        sends("pauses.jpg", sample("two-lines.jpg"), _in_two_halves),
    ]
    for thread in threads:
        thread.join()
    wait_until(lambda: len(_scans(folder)) == len(wanted), 30)
    stop(daemon)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in wanted.items()}
    found = _scans(folder)
    print(f"    {len(found)} scans of {len(wanted)} files")
    return [f"wanted {each}" for each in digests.items() - set(found)] + [
        f"unwanted {each}" for each in found if each not in digests.items()
    ]


def _scans(folder: Path) -> list[tuple[str, str]]:
    """Name and digest of every scan that was read and not rejected."""
    found: dict[str, tuple[str, str]] = {}
    for sheet in (folder / "outbox").glob("20*/readings.csv"):
        with sheet.open(newline="") as file:
            for row in csv.DictReader(file):
                if row["status"] != "rejected":
                    found[row["scan_id"]] = row["file"], row["sha256"]
    return list(found.values())


def _byte_by_byte(path: Path, content: bytes) -> None:
    with path.open("wb", buffering=0) as file:
        for number in range(len(content)):
            file.write(content[number : number + 1])
            time.sleep(0.01)


def _pages(count: int) -> bytes:
    import cv2

    page = cv2.imread(str(ROOT / "samples" / "marker.png"))
    _, content = cv2.imencodemulti(".tif", [page] * count)
    return content.tobytes()


def _page_by_page(path: Path, content: bytes) -> None:
    for count in (1, 2):
        path.write_bytes(_pages(count))
        time.sleep(4)
    path.write_bytes(content)


def _placeholder(path: Path, content: bytes) -> None:
    path.touch()
    time.sleep(20)
    path.write_bytes(content)


def _replaced(path: Path, content: bytes) -> None:
    path.write_bytes((ROOT / "samples" / "ballpoint.png").read_bytes())
    time.sleep(1.5)
    hidden = path.with_name(".replacement")
    hidden.write_bytes(content)
    hidden.rename(path)


def _with_an_old_date(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content[:1000])
        file.flush()
        os.utime(path, (978307200, 978307200))
        time.sleep(3)
        file.write(content[1000:])
    os.utime(path, (978307200, 978307200))


def _with_its_folder(path: Path, content: bytes) -> None:
    aside = path.parents[3] / "aside"
    (aside / "deep").mkdir(parents=True)
    (aside / "deep" / path.name).write_bytes(content)
    aside.rename(path.parents[1])


def _like_rsync(path: Path, content: bytes) -> None:
    hidden = path.with_name(f".{path.name}.Xy12Zq")
    _in_two_halves(hidden, content)
    hidden.rename(path)


def _like_a_browser(path: Path, content: bytes) -> None:
    path.touch()  # Firefox: an empty file of the name, and the content beside it
    part = path.with_name(f"{path.name}.part")
    _in_two_halves(part, content)
    part.rename(path)


def _in_two_halves(path: Path, content: bytes) -> None:
    middle = len(content) // 2
    path.write_bytes(content[:middle])
    time.sleep(5)
    with path.open("ab") as file:
        file.write(content[middle:])


def bad_disks(folder: Path) -> list[str]:
    """The outbox on a tmpfs of 1 MB that is full, then read-only; the inbox unmounted and back."""
    if subprocess.run(["unshare", "-Urm", "true"], check=False, capture_output=True).returncode:
        raise SkippedError("no user namespaces here")
    inside = [sys.executable, __file__, "--inside-namespace", str(folder)]
    done = subprocess.run(["unshare", "-Urm", *inside], check=False, env=ENVIRONMENT)
    return [] if done.returncode == 0 else ["see above"]


def inside_namespace(folder: Path) -> list[str]:
    """What happens in the namespace."""
    inbox, outbox, log = folder / "inbox", folder / "outbox", folder / "log"
    outbox.mkdir()
    _mount("-t", "tmpfs", "-o", "size=1m", "none", outbox)
    _mount("-t", "tmpfs", "-o", "size=1m", "none", inbox)
    ballast = outbox / "ballast"
    ballast.write_bytes(bytes(950_000))
    drops: dict[str, bytes] = {}
    daemon = start(folder, "--rescan", "1")

    def send(count: int) -> None:
        for number in range(len(drops), len(drops) + count):
            drops[f"{number}.png"] = f"{number}".encode()
            drop(folder, f"{number}.png", drops[f"{number}.png"])

    def pauses(word: bytes) -> None:
        if not wait_until(lambda: word in log.read_bytes(), 30):
            found.append(f"never paused: {word!r}")

    def goes_on() -> None:
        def is_done() -> bool:
            return rows(folder) == len(drops) and not any((inbox / ".claimed").iterdir())

        if not wait_until(is_done, 60):
            found.append(f"{rows(folder)} of {len(drops)} read")

    found: list[str] = []
    wait_until(lambda: b"watching" in log.read_bytes(), 30)
    send(40)
    pauses(b"No space left")
    time.sleep(8)  # several attempts: none may be counted
    print(f"    {rows(folder)} of 40 read while the disk is full")
    ballast.unlink()
    goes_on()
    _mount("-o", "remount,ro", outbox)
    send(5)
    pauses(b"Read-only file system")
    _mount("-o", "remount,rw", outbox)
    goes_on()
    subprocess.run(["umount", "-l", inbox], check=True)
    pauses(b"no longer mounted")
    _mount("-t", "tmpfs", "-o", "size=1m", "none", inbox)
    wait_until(lambda: log.read_bytes().count(b"going on") == 3, 30)
    send(5)
    goes_on()
    stop(daemon)
    if any(b"rejected" in sheet.read_bytes() for sheet in outbox.glob("20*/readings.csv")):
        found.append("a scan was blamed")
    return found + problems(folder, drops)


def _mount(*arguments: str | Path) -> None:
    """Mount, again while the daemon just has a file open there."""

    def is_mounted() -> bool:
        return subprocess.run(["mount", *arguments], stderr=subprocess.DEVNULL).returncode == 0

    if not wait_until(is_mounted, 30):
        raise SystemExit(f"cannot mount {' '.join(map(str, arguments))}")


def _rss_mb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


SCENARIOS = [
    random_kills,
    twenty_thousand,
    small_queue,
    two_daemons,
    latency,
    slow_writers,
    bad_disks,
]


def main() -> int:
    """Run the scenarios that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[each.__name__ for each in SCENARIOS] + [[]])
    parser.add_argument("--inside-namespace", type=Path)
    given = parser.parse_args()
    if given.inside_namespace:
        found = inside_namespace(given.inside_namespace)
        print("".join(f"    {each}\n" for each in found[:20]), end="")
        return bool(found)
    failed = False
    for scenario in SCENARIOS:
        if given.names and scenario.__name__ not in given.names:
            continue
        folder = Path(tempfile.mkdtemp(prefix="digitd-faults-"))
        (folder / "inbox").mkdir()
        print(f"{scenario.__name__}: {(scenario.__doc__ or '').strip()}", flush=True)
        try:
            found = scenario(folder)
        except SkippedError as skipped:
            print(f"    skipped: {skipped}")
            continue
        if found:
            failed = True
            print("    FAILED, in", folder, *found[:20], sep="\n    ")
        else:
            print("    ok")
            shutil.rmtree(folder)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
