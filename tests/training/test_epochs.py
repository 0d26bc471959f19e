"""What a network sees in one epoch."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import daemon
from daemon.training.datasets import DigitSet
from daemon.training.epochs import (
    NONE,
    PEN_RENDERINGS,
    Epoch,
    Material,
    draw,
    drawn_ahead,
    learnt_again,
)
from daemon.training.mixes import HARD, PLAIN, Mix
from daemon.training.strokes import PenDigit

PEN = PenDigit(7, 1, (np.array([[0, 0], [8, 0], [3, 12]], np.float32),))


@pytest.fixture
def material(train_digits: DigitSet) -> Material:
    return Material(train_digits.images[:60], train_digits.labels[:60], (PEN,) * 20, augmented=True)


@pytest.mark.parametrize("mix", [PLAIN, HARD], ids=lambda mix: mix.name)
def test_an_epoch_holds_every_digit_some_in_own_styles_and_some_negatives(
    material: Material, mix: Mix
) -> None:
    material = replace(material, mix=mix)
    epoch = draw(material, seed=1, number=0)
    counts = np.bincount(epoch.labels, minlength=11)
    given = np.bincount(material.labels, minlength=11)
    given[7] += 20 * PEN_RENDERINGS
    assert (counts >= given).all()
    assert counts[NONE] == round(mix.negative * given.sum())
    added = round(mix.own * given.sum()) + round(mix.slashed * given.sum())
    assert counts[:NONE].sum() == given.sum() + added
    assert len(epoch.labels) == material.size
    assert epoch.glyphs.shape == (material.size, 28, 28)
    assert epoch.glyphs.dtype == np.uint8


def test_zeros_with_a_slash_are_added_where_there_are_zeros(train_digits: DigitSet) -> None:
    images, labels = train_digits.images, train_digits.labels
    some = Material(images[:400], labels[:400], (), augmented=True, mix=HARD)
    assert some.slashed == 2
    assert replace(some, mix=PLAIN).slashed == 0
    others = labels != 0
    none = replace(some, images=images[others][:100], labels=labels[others][:100])
    assert none.slashed == 0
    assert len(draw(none, 1, 0).labels) == none.size


def test_an_epoch_is_learnt_again_in_another_order(material: Material) -> None:
    drawn = (draw(material, 1, number) for number in range(2))
    epochs = [replace(each, said=np.eye(11, dtype=np.float32)[each.labels]) for each in drawn]
    learnt = list(learnt_again(epochs, 2, seed=1))
    assert len(learnt) == 4
    for drawn_one, first, second in zip(epochs, learnt[::2], learnt[1::2], strict=True):
        assert first is drawn_one
        assert (second.labels != drawn_one.labels).any()
        assert pairs(second) == pairs(drawn_one)
        assert second.said is not None
        np.testing.assert_array_equal(second.said.argmax(axis=1), second.labels)
    again = list(learnt_again(epochs, 2, seed=1))
    np.testing.assert_array_equal(learnt[1].glyphs, again[1].glyphs)


def pairs(epoch: Epoch) -> list[tuple[bytes, int]]:
    """Glyphs with their labels, in an order of their own."""
    glyphs = (glyph.tobytes() for glyph in epoch.glyphs)
    return sorted(zip(glyphs, epoch.labels.tolist(), strict=True))


def test_an_epoch_depends_on_seed_and_number_alone(material: Material) -> None:
    epoch = draw(material, seed=1, number=3)
    again = draw(material, seed=1, number=3)
    np.testing.assert_array_equal(epoch.glyphs, again.glyphs)
    np.testing.assert_array_equal(epoch.labels, again.labels)
    for other in (draw(material, seed=2, number=3), draw(material, seed=1, number=4)):
        assert (other.glyphs != epoch.glyphs).any()


def test_digits_keep_their_labels_when_they_are_shuffled(train_digits: DigitSet) -> None:
    material = Material(train_digits.images, train_digits.labels, (), augmented=False)
    epoch = draw(material, seed=1, number=0)
    label_of = {i.tobytes(): lab for i, lab in zip(material.images, material.labels, strict=True)}
    assert (epoch.labels != material.labels).any()
    assert all(
        label_of[image.tobytes()] == label
        for image, label in zip(epoch.glyphs, epoch.labels, strict=True)
    )


def test_without_augmentation_pictures_stay_as_they_are(train_digits: DigitSet) -> None:
    material = Material(train_digits.images, train_digits.labels, (PEN,), augmented=False)
    epoch = draw(material, seed=1, number=0)
    assert material.size == len(train_digits)
    assert sorted(image.tobytes() for image in epoch.glyphs) == sorted(
        image.tobytes() for image in train_digits.images
    )


@pytest.mark.parametrize("count", [1, 5])
def test_processes_of_their_own_draw_the_same_epochs_in_order(
    material: Material, count: int
) -> None:
    with drawn_ahead(material, seed=1, count=count) as epochs:
        drawn = list(epochs)
    assert len(drawn) == count
    for number, epoch in enumerate(drawn):
        np.testing.assert_array_equal(epoch.glyphs, draw(material, 1, number).glyphs)


def test_stopping_early_leaves_no_process_waiting(material: Material) -> None:
    with drawn_ahead(material, seed=1, count=50) as epochs:
        first = next(epochs)
    assert len(first.labels) == material.size


@pytest.mark.skipif(sys.platform != "linux", reason="waits for a process that is no child")
def test_who_draws_ends_with_the_process_that_made_it(tmp_path: Path) -> None:
    script = tmp_path / "main.py"
    script.write_text(
        "import multiprocessing, os, signal\n"
        "from daemon.training.epochs import end_with_parent\n"
        "def draw():\n"
        "    end_with_parent()\n"
        "    print(os.getpid(), flush=True)\n"
        "    while True:\n"
        "        signal.pause()\n"
        "if __name__ == '__main__':\n"
        "    process = multiprocessing.get_context('spawn').Process(target=draw)\n"
        "    process.start()\n"
        "    process.join()\n"
    )
    path = {**os.environ, "PYTHONPATH": str(Path(daemon.__file__).parents[1])}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=path) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    with open(child, closefd=True) as file:  # noqa: PTH123 -- a descriptor
        assert select.select([file], [], [], 60)[0]
