from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from daemon.records import Reason, Rejection
from daemon.service.summary import Summary

SUMMARY = Summary(
    scans=20,
    digits=31,
    review=2,
    rejected=0,
    ignored=3,
    already_done=5,
    already_rejected=0,
    seconds=2.5,
    interrupted=False,
    rejections=(),
    readings=Path("results/readings.csv"),
)


def test_a_run_is_summed_up_in_two_lines() -> None:
    assert SUMMARY.as_text() == (
        "20 scans, 31 digits, 2 to review, 0 rejected; 3 ignored, 5 already done; "
        "2.5 s, 8 scans a second\nResults: results/readings.csv"
    )


def test_rejections_are_named_and_the_rest_counted() -> None:
    rejection = Rejection("0" * 32, "a\n.png", None, Reason.DAMAGED, "its content is broken")
    summary = replace(SUMMARY, rejected=12, already_rejected=1, rejections=(rejection,) * 10)
    first, *named, more, _, again = summary.as_text().splitlines()
    assert "12 rejected" in first
    assert "5 already done (1 of them rejected)" in first
    assert named == [r"  rejected a\n.png: its content is broken"] * 10
    assert more == "  and 2 more"
    assert again == "  (what earlier runs rejected is read again with --retry)"


def test_rejected_pages_are_named_and_counted_beside_rejected_scans() -> None:
    page = Rejection("0" * 32, "a.tif, page 2", None, Reason.DAMAGED, "it is torn")
    summary = replace(SUMMARY, incomplete=1, rejected_pages=3, rejections=(page, page))
    first, *rest = summary.as_text().splitlines()
    assert "0 rejected, 3 pages rejected;" in first
    assert rest[:3] == ["  rejected a.tif, page 2: it is torn"] * 2 + ["  and 1 more"]
    assert summary.exit_code == 1
    assert replace(SUMMARY, already_incomplete=1).exit_code == 1
    assert {"incomplete": 1, "rejected_pages": 3}.items() <= summary.as_json().items()


def test_an_interrupted_run_says_how_to_go_on() -> None:
    summary = replace(SUMMARY, interrupted=True, rejected=1)
    assert "run the same command again" in summary.as_text()
    assert summary.exit_code == 130
    assert "Results: results/readings.csv" in summary.as_text().splitlines()


def test_a_run_that_was_interrupted_at_once_names_no_file_that_is_not_there() -> None:
    summary = replace(SUMMARY, interrupted=True, scans=0, already_done=0)
    assert "Results" not in summary.as_text()


@pytest.mark.parametrize(
    ("scans", "rejected", "already_done", "already_rejected", "code"),
    [
        (3, 0, 0, 0, 0),
        (0, 0, 3, 0, 0),
        (3, 1, 0, 0, 1),
        (0, 0, 3, 1, 1),
        (3, 3, 1, 0, 1),
        (3, 3, 0, 0, 65),
        (0, 0, 3, 3, 65),
    ],
)
def test_the_exit_code_is_the_same_for_a_run_in_one_go_and_in_two(
    scans: int, rejected: int, already_done: int, already_rejected: int, code: int
) -> None:
    summary = replace(
        SUMMARY,
        scans=scans,
        rejected=rejected,
        already_done=already_done,
        already_rejected=already_rejected,
    )
    assert summary.exit_code == code


def test_where_explanations_are_is_said_and_that_an_earlier_run_may_have_read_the_rest() -> None:
    summary = replace(SUMMARY, explained=Path("seen"), explanations=7)
    *_, where, why = summary.as_text().splitlines()
    assert where == "Explained: 7 pictures in seen"
    assert why == "  (only what this run read; another --out has all read again)"
    assert replace(summary, already_done=0).as_text().splitlines()[-1] == where
    assert {"explained": "seen", "explanations": 7}.items() <= summary.as_json().items()
    assert not {"explained", "explanations"} & SUMMARY.as_json().keys()


def test_no_time_is_no_division_by_it() -> None:
    assert replace(SUMMARY, seconds=0.0).scans_per_second == 0.0
