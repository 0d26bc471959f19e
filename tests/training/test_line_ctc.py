"""Connectionist temporal classification, by what each backend has for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from daemon.training.backend import load_keras
from daemon.training.line_batches import BLANK
from daemon.training.line_ctc import ctc

Array = np.ndarray  # type: ignore[type-arg]
OnJax = Callable[..., None]
TEXTS = ((), (4,), (7, 7), (1, 2, 3, 4, 5), (0, 0, 0, 9, 9), (8, 1, 8))
FRAMES = 12


def by_definition(logits: Array, text: tuple[int, ...]) -> float:
    """Minus the logarithm of the chance of all paths that say the text (Graves et al., 2006,
    equation 6)."""
    chances = np.exp(logits.astype(float))
    chances /= chances.sum(axis=1, keepdims=True)
    states = [BLANK, *(state for digit in text for state in (digit, BLANK))]
    paths = np.zeros(len(states))
    paths[:2] = chances[0, states[:2]]
    for frame in chances[1:]:
        before = paths
        paths = before + np.r_[0, before[:-1]]
        for place in range(2, len(states)):
            if states[place] not in (BLANK, states[place - 2]):
                paths[place] += before[place - 2]
        paths *= frame[states]
    return -float(np.log(paths[-2:].sum()))


def lines() -> tuple[Array, Array, Array]:
    logits = np.random.default_rng(0).normal(0, 2, (len(TEXTS), FRAMES, 11)).astype(np.float32)
    labels = np.full((len(TEXTS), 5), -1, np.int32)
    for row, text in zip(labels, TEXTS, strict=True):
        row[: len(text)] = text
    return logits, labels, np.array([len(text) for text in TEXTS], np.int32)


def expected() -> list[float]:
    logits, _, _ = lines()
    found = [by_definition(rows, text) for rows, text in zip(logits, TEXTS, strict=True)]
    return [0.0, *found[1:]]


def test_tensorflow_s_is_as_defined_and_nought_for_lines_without_digits() -> None:
    logits, labels, lengths = map(load_keras().ops.convert_to_tensor, lines())
    np.testing.assert_allclose(ctc(logits, labels, lengths), expected(), rtol=1e-4)
    assert float(ctc(logits[:, :4], labels, lengths)[3]) == 0  # four frames cannot say five digits


ON_JAX = """
import sys
import numpy as np
from daemon.training.backend import load_keras
from daemon.training.line_ctc import ctc
convert = load_keras("jax").ops.convert_to_tensor
given = np.load(sys.argv[1])
logits, labels, lengths = (convert(given[name]) for name in ("logits", "labels", "lengths"))
found = ctc(logits, labels, lengths), ctc(logits[:, :4], labels, lengths)
np.save(sys.argv[2], [np.asarray(each) for each in found])
"""


def test_jax_s_is_the_same(tmp_path: Path, on_jax: OnJax) -> None:
    logits, labels, lengths = lines()
    np.savez(tmp_path / "given.npz", logits=logits, labels=labels, lengths=lengths)
    on_jax(ON_JAX, tmp_path / "given.npz", tmp_path / "found.npy")
    found, shorter = np.load(tmp_path / "found.npy")
    np.testing.assert_allclose(found, expected(), rtol=1e-4)
    assert shorter[3] == 0
