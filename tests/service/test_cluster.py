"""Reading on a Dask cluster: schedulers of this machine, most with workers in this process."""

from __future__ import annotations

import csv
import hashlib
import logging
import multiprocessing
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fake_reader
import pytest
from commands import digitd

from daemon import __version__
from daemon.config_schema import Config
from daemon.errors import ClusterUnavailable, ModelUnavailable
from daemon.records import Limits, Outcome, Reading, Reason, Scan
from daemon.service import cluster as clusters
from daemon.service import parcels
from daemon.service.batch import BatchSettings, run_batch
from daemon.service.cluster import Cluster, hire_cluster, refuse_other_versions
from daemon.service.parcels import Parcel
from daemon.service.reading import ReaderSettings
from daemon.service.staff import Setup
from daemon.service.watch import watch
from daemon.service.workers import LoadReader

distributed = pytest.importorskip("distributed", reason="Dask is not installed: digitd[cluster]")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning:distributed")

HANG_S = 0.3  # a reader that says nothing for so long hangs


@pytest.fixture(scope="module")
def here() -> Iterator[str]:
    """The address of a scheduler with two workers in this process."""
    with started(processes=False, workers=2) as address:
        yield address


class started:  # noqa: N801 -- read as a function
    """A cluster on this machine."""

    def __init__(self, *, processes: bool, workers: int, port: int = 0) -> None:
        self._cluster: Any = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=processes,
            dashboard_address=":0",
            scheduler_port=port,
            protocol="tcp",
            silence_logs=50,
        )

    def __enter__(self) -> str:
        return str(self._cluster.scheduler_address)

    def __exit__(self, *_: object) -> None:
        self._cluster.close()


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def scan(text: str, path: Path | None = None) -> Scan:
    data = text.encode()
    digest = hashlib.sha256(data).hexdigest()
    return Scan(digest[:32], "a.png", digest, data, path=path and bytes(path))


def said(outcomes: Sequence[Outcome]) -> list[str | Reason]:
    return [
        outcome.pages[0].lines[0].text if isinstance(outcome, Reading) else outcome.reason
        for outcome in outcomes
    ]


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "readings.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def run(inputs: Path, out: Path, cluster: Cluster | None, load: LoadReader) -> list[dict[str, str]]:
    run_batch([inputs], out, BatchSettings("fake-1", max_scans=3, cluster=cluster), load)
    return [
        {key: cell for key, cell in row.items() if key not in ("scan_id", "processed_at")}
        for row in rows(out)
    ]


@pytest.mark.parametrize("transfer", ["bytes", "path"])
def test_a_cluster_gives_the_same_results_as_this_process(
    here: str, tmp_path: Path, transfer: Any
) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    for number in range(10):
        (scans / f"{number}.png").write_text(str(number % 8))
    (scans / "x.png").write_text("bad")
    alone = run(scans, tmp_path / "alone", None, fake_reader.load_reader)
    for row in alone:
        row["duplicate_of"] = row["duplicate_of"] and "another"
    far = run(scans, tmp_path / "far", Cluster(here, transfer), fake_reader.load_reader)
    for row in far:
        row["duplicate_of"] = row["duplicate_of"] and "another"
    assert far == alone


def test_with_transfer_path_no_bytes_are_sent(
    here: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "a.png"
    place.write_text("42")
    lies, changed = scan("42", place), replace(scan("7"), path=bytes(place))
    nowhere = scan("9", tmp_path / "nowhere.png")
    with hire_cluster(Cluster(here, "path"), fake_reader.load_reader) as crew:
        place_of = []
        original = clusters.ClusterReader._ask

        def ask(self: clusters.ClusterReader, scans: Sequence[Scan]) -> list[Outcome]:
            place_of.append([each.data for each in scans])
            return original(self, scans)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clusters.ClusterReader, "_ask", ask)
            read = [said(crew.read([each])) for each in (lies, changed, nowhere, lies)]
    assert read == [["42"], ["7"], ["9"], ["42"]]
    assert place_of == [[b""], [b""], [b"7"], [b""], [b"9"], [b"42"]]
    assert caplog.text.count("bytes are sent from now on") == 1


def test_a_readers_bug_costs_only_the_scan_that_meets_it(here: str, tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    for number, text in enumerate(("1", "raise", "2")):
        (tmp_path / "scans" / f"{number}.png").write_text(text)
    found = run(tmp_path / "scans", tmp_path / "out", Cluster(here), fake_reader.load_reader)
    assert [(row["text"], row["reason"]) for row in found] == [
        ("1", ""),
        ("", "unreadable"),
        ("2", ""),
    ]


def test_a_scan_that_kills_its_reader_costs_only_itself(here: str, tmp_path: Path) -> None:
    texts = ["1", "die", f"die once {tmp_path}/mark 4"]
    with hire_cluster(Cluster(here), fake_reader.load_reader) as crew:
        read = said(crew.read([scan(text) for text in texts]))
    assert read == ["1", Reason.KILLED_WORKER, "4"]


def test_a_scan_over_which_its_reader_hangs_is_rejected(here: str, tmp_path: Path) -> None:
    with hire_cluster(Cluster(here), fake_reader.load_reader, timeout_s=HANG_S) as crew:
        read = said(crew.read([scan(f"hang {tmp_path}/pid")]))
    assert read == [Reason.KILLED_WORKER]


def test_a_worker_killed_in_the_middle_loses_no_scan_and_doubles_none(tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    texts = ["1", "2", "3", "4", f"orphan once {tmp_path}/mark 5", "6", "7"]
    for number, text in enumerate(texts):
        (scans / f"{number}.png").write_text(text)
    with started(processes=True, workers=2) as address:
        found = run(scans, tmp_path / "out", Cluster(address), fake_reader.load_reader)
    assert [(row["text"], row["reason"]) for row in found] == [(text[-1], "") for text in texts]
    assert (tmp_path / "mark").exists()


def test_the_daemon_reads_on_a_cluster_too(here: str, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("inbox", "outbox", "state")}
    folders["inbox"].mkdir()
    for number, text in enumerate(("42", "7", "bad")):
        (folders["inbox"] / f"{number}.png").write_text(text)
    config = Config(**folders, quiet_s=0.05)
    setup = Setup(config, "fake-1", fake_reader.load_reader, Cluster(here, "path"))
    assert watch(lambda: setup, once=True)  # a scan was rejected
    (day,) = folders["outbox"].glob("2*")
    found = [(row["text"], row["reason"]) for row in rows(day)]
    assert sorted(found) == [("", "not_an_image"), ("42", ""), ("7", "")]


def test_a_model_that_cannot_be_loaded_ends_the_run(here: str) -> None:
    with (
        pytest.raises(ModelUnavailable, match="no model"),
        hire_cluster(Cluster(here), fake_reader.load_nothing),
    ):
        pass


def test_leaving_early_waits_for_nobody(here: str) -> None:
    with hire_cluster(Cluster(here), fake_reader.load_reader) as crew:
        crew.executor.submit(crew.read, [scan("1")]).result()
        crew.executor.submit(crew.read, [scan("2")])
    assert not [each for each in threading.enumerate() if each.name.startswith("cluster")]


def test_a_scheduler_without_workers_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "WORKERS_S", 0.1)
    with (
        started(processes=False, workers=0) as address,
        pytest.raises(ClusterUnavailable, match="has no workers: start some with `dask worker"),
        hire_cluster(Cluster(address), fake_reader.load_reader),
    ):
        pass


def test_a_scheduler_that_goes_away_while_it_is_asked_is_said(
    here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_: object, **__: object) -> None:
        raise OSError("Timed out trying to connect")

    monkeypatch.setattr(distributed.Client, "wait_for_workers", lose)
    with (
        pytest.raises(ClusterUnavailable, match=r"went away \(.*Timed out"),
        hire_cluster(Cluster(here), fake_reader.load_reader),
    ):
        pass


LOST = distributed.KilledWorker("read", SimpleNamespace(address="gone"), 3)


def test_a_batch_that_takes_longer_than_workers_live_is_sent_anew_in_halves(
    here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = clusters.ClusterReader._connection
    sent = []

    class Impatient:
        """An executor whose workers live for three scans."""

        def submit(self, read: Any, errand: Any, scans: list[Scan]) -> Any:
            sent.append(len(scans))
            if len(scans) > 3:
                raise LOST
            return connection(reader).submit(read, errand, scans)

    with hire_cluster(Cluster(here), fake_reader.load_reader) as crew:
        reader = crew.read.__self__  # type: ignore[attr-defined]
        monkeypatch.setattr(reader, "_connection", Impatient)
        names = [str(number) for number in range(7)]
        assert said(crew.read([scan(name) for name in names])) == names
    assert sent == [7, 3, 4, 2, 2]


@pytest.mark.parametrize("losses", [clusters.LOSSES - 1, clusters.LOSSES])
def test_a_scan_whose_workers_die_again_and_again_is_sent_anew(
    here: str, monkeypatch: pytest.MonkeyPatch, losses: int
) -> None:
    left = [LOST] * losses
    connection = clusters.ClusterReader._connection

    class Deadly:
        """An executor for which every worker dies, while there are some `left`."""

        def submit(self, *asked: Any) -> Any:
            if left:
                raise left.pop()
            return connection(reader).submit(*asked)

    with hire_cluster(Cluster(here), fake_reader.load_reader) as crew:
        reader = crew.read.__self__  # type: ignore[attr-defined]
        monkeypatch.setattr(reader, "_connection", Deadly)
        if losses < clusters.LOSSES:
            assert said(crew.read([scan("1")])) == ["1"]
        else:
            with pytest.raises(ClusterUnavailable, match="lost every worker"):
                crew.read([scan("1")])


def test_after_its_scheduler_was_lost_a_crew_connects_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clusters, "CONNECT_S", 2)  # as long, Dask tries again what is lost
    lost = started(processes=False, workers=1)
    address = lost.__enter__()
    with hire_cluster(Cluster(address), fake_reader.load_reader) as crew:
        lost.__exit__()
        with pytest.raises(ClusterUnavailable):
            crew.read([scan("1")])
        with started(processes=False, workers=1, port=port_of(address)):
            assert said(crew.read([scan("1")])) == ["1"]


def test_while_one_batch_tries_to_connect_in_vain_the_others_wait_and_do_not_try_again(
    here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Semaphore(0)
    tries: list[int] = []

    class Lock:
        """Tells that somebody has asked for it."""

        lock = threading.Lock()

        def __enter__(self) -> None:
            asked.release()
            self.lock.acquire()

        def __exit__(self, *_: object) -> None:
            self.lock.release()

    def refuse() -> None:
        tries.append(1)
        for _ in range(3 if len(tries) == 1 else 0):  # all of them
            asked.acquire(timeout=60)
        raise ClusterUnavailable("nobody answers")

    with hire_cluster(Cluster(here, at_once=3), fake_reader.load_reader) as crew:
        reader = crew.read.__self__  # type: ignore[attr-defined]
        monkeypatch.setattr(reader, "_lock", Lock())
        monkeypatch.setattr(reader, "_connected", refuse)
        reader._client.close()
        batches = [crew.executor.submit(crew.read, [scan("1")]) for _ in range(3)]
        assert [str(batch.exception()) for batch in batches] == ["nobody answers"] * 3
        assert len(tries) == 1
        with pytest.raises(ClusterUnavailable, match="nobody answers"):
            crew.read([scan("1")])
        assert len(tries) == 2


def test_a_network_that_a_scheduler_took_along_is_sent_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from daemon.service import remote

    settings = ReaderSettings(Path(), "fake-1", Limits(), 0.01)
    load = fake_reader.LoadUnpacked(settings, "ab" * 32)
    lost = started(processes=False, workers=1)
    address = lost.__enter__()
    cluster = Cluster(address, parcel=Parcel("fake-1", "ab" * 32, {}))
    with ExitStack() as later, hire_cluster(cluster, load) as crew:
        lost.__exit__()
        monkeypatch.setattr(parcels, "_UNPACKED", {})  # the next workers know of nothing
        monkeypatch.setattr(remote, "_CREWS", remote._Crews())
        later.enter_context(started(processes=False, workers=1, port=port_of(address)))
        with pytest.raises(ClusterUnavailable, match="fake-1 did not reach a worker"):
            crew.read([scan("1")])  # Dask has connected by itself
        assert said(crew.read([scan("1")])) == ["1"]


def test_a_worker_that_has_read_ends_when_dask_ends_it() -> None:
    from daemon.service import remote

    errand = remote.Errand(__version__, fake_reader.load_reader, None, "run")
    worker = multiprocessing.get_context("spawn").Process(
        target=remote.read, args=(errand, [scan("1")])
    )
    worker.start()
    worker.join(60)
    worker.kill()  # if it waits for its children
    worker.join()
    assert worker.exitcode == 0


def test_nobody_at_the_address_is_one_line_and_an_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "CONNECT_S", 0.2)
    (tmp_path / "1.png").write_text("1")
    code, out, err = digitd(
        *("batch", tmp_path / "1.png", "--out", tmp_path / "out"),
        *("--cluster", "tcp://127.0.0.1:9"),
        capsys=capsys,
    )
    assert (code, out) == (69, "")
    assert err.startswith("digitd: no Dask scheduler answers at tcp://127.0.0.1:9 (")
    assert err.count("\n") == 1


@pytest.mark.parametrize("address", ["foo", "tcp://scheduler", "cluster://scheduler:8786"])
def test_what_is_no_address_is_told_at_once(address: str) -> None:
    with (
        pytest.raises(ClusterUnavailable, match=r"is no address .*: write it like tcp://sched"),
        hire_cluster(Cluster(address), fake_reader.load_reader),
    ):
        pass


def test_without_certificates_nobody_is_asked_who_wants_some() -> None:
    with (
        pytest.raises(ClusterUnavailable, match=r"needs certificates: name them in Dask's"),
        hire_cluster(Cluster("tls://127.0.0.1:9"), fake_reader.load_reader),
    ):
        pass


def test_dask_says_nothing_beside_what_digitd_says(here: str) -> None:
    logger = logging.getLogger("distributed.client")
    logger.setLevel(logging.WARNING)  # as it does itself
    with hire_cluster(Cluster(here), fake_reader.load_reader):
        assert not logger.isEnabledFor(logging.ERROR)


def test_without_dask_it_is_said_how_to_get_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "daemon.service.remote", raising=False)
    (tmp_path / "1.png").write_text("1")
    code, _, err = digitd(
        *("batch", tmp_path / "1.png", "--out", tmp_path / "out"),
        *("--cluster", "tcp://127.0.0.1:9"),
        capsys=capsys,
    )
    assert code == 69
    assert "pip install 'digitd[cluster]'" in err
    assert err.count("\n") == 1


def test_other_versions_are_refused_by_name() -> None:
    def machine(**packages: str | None) -> dict[str, Any]:
        ours = {"python": "3.11.7.final.0", "distributed": "2026.8.0", "digitd": "0.1.0"}
        return {"packages": ours | packages}

    same = {"client": machine(), "scheduler": machine(python="3.11.9.final.0"), "workers": {}}
    refuse_other_versions(same | {"workers": {"tcp://a:1": machine()}})
    with pytest.raises(ClusterUnavailable, match=r"the scheduler has distributed 2025.1.0, this"):
        refuse_other_versions(same | {"scheduler": machine(distributed="2025.1.0")})
    with pytest.raises(ClusterUnavailable, match="tcp://a:1 has digitd not installed"):
        refuse_other_versions(same | {"workers": {"tcp://a:1": machine(digitd=None)}})
    with pytest.raises(ClusterUnavailable, match=r"has python 3\.12, this machine has 3\.11"):
        refuse_other_versions(same | {"workers": {"b": machine(python="3.12.1.final.0")}})
