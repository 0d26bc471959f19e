"""The glyph network at reading time: LiteRT, no TensorFlow.

The exported network gives logits; the probabilities that leave here are calibrated by the
temperature that training found (Guo et al., On Calibration of Modern Neural Networks, 2017).

An advisor, a network of another kind that costs a fifth, is asked first, and what it holds for a
digit beyond doubt is read, unless fewer errors than usual are wanted. The rest the network looks
at. What it is not sure of either, it looks at twice more, turned a little to either side, and the
advisor has as much say in which digit it is: what one misreads, the other often does not.
"""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import ModelUnavailable
from ..records import DIGITS
from .quiet import native_stderr_logged
from .registry import CURRENT, ModelVersion, load_version

Glyphs: TypeAlias = npt.NDArray[np.float32]  # (N, 28, 28) in 0..1, ink = 1
Probabilities: TypeAlias = npt.NDArray[np.float32]  # (N, K) in 0..1, rows sum to 1
Logits: TypeAlias = npt.NDArray[np.float32]  # (N, K)

MAX_ERROR_READ = 0.005  # share of the digits read without review
CHUNK = 4096  # glyphs an invocation: bounds memory, and costs no speed
AT_ONCE = 0.94  # probability before calibration: a digit as likely by the advisor is one,
HARDLY = 0.01  # unless it gives no digit at all more than that
UNSURE = 0.9  # the same by the network: with less, a glyph is looked at again,
TURNS = (6.0, -6.0)  # degrees, turned by that
TINY = np.finfo(np.float32).tiny  # so that what is impossible has a logarithm and a share

_log = logging.getLogger(__name__)


class GlyphClassifier:
    """One trained network and perhaps its advisor, ready to read. Not for use by several threads
    at once."""

    def __init__(
        self, version: ModelVersion, *, max_error_read: float = MAX_ERROR_READ, threads: int = 1
    ) -> None:
        """Load the networks of `version`. `max_error_read` is the share of digits that may be wrong
        among those that nobody looks at; for less than usual, the network looks at every glyph,
        whatever the advisor says. One thread is the fastest on networks this small.
        Raises ModelUnavailable when LiteRT refuses a file."""
        self.version = version
        self._at_once = AT_ONCE if max_error_read >= MAX_ERROR_READ else math.inf
        self.review_below = version.review_below(max_error_read)
        self._network = _Network(version.network, len(version.labels), threads)
        self._advisor = (
            _Network(version.advisor, len(version.labels), threads) if version.advisor else None
        )

    @property
    def name(self) -> str:
        """The version's name."""
        return self.version.name

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of `classify` mean: "0" to "9" and perhaps "none", no digit at all."""
        return self.version.labels

    def classify(self, glyphs: Glyphs) -> Probabilities:
        """Calibrated probabilities, one row a glyph: the one predict call of a batch. More than
        4096 glyphs are invoked in chunks, so that a hundred thousand cost no more memory."""
        return softmax(self.logits(glyphs) / np.float32(self.version.temperature))

    def logits(self, glyphs: Glyphs) -> Logits:
        """What the networks say before calibration, (N, labels) float32: the advisor's outputs
        where it is sure and that is enough, else those of the network; where that is not sure at
        its first look, the logarithms of the mean probabilities of that and of turned ones, and the
        advisor's. Networks that learnt pictures as they are take one look."""
        if not self.version.normalised:
            return self.outputs(glyphs)
        if self._advisor is None:
            return self._looked(glyphs, None)
        logits = self._advisor.outputs(glyphs)
        left = np.flatnonzero(~_are_sure(softmax(logits), self._at_once))
        logits[left] = self._looked(glyphs[left], softmax(logits[left]))
        return logits

    def _looked(self, glyphs: Glyphs, advice: Probabilities | None) -> Logits:
        """What the network says, with this advice (N, labels) where it is not sure."""
        logits = self.outputs(glyphs)
        unsure = np.flatnonzero(softmax(logits).max(axis=1) < UNSURE)
        turned = [self.outputs(_turned(glyphs[unsure], angle)) for angle in TURNS]
        said = np.mean([softmax(look) for look in (logits[unsure], *turned)], axis=0)
        if advice is not None:
            said = _advised(said, advice[unsure])
        logits[unsure] = np.log(said + TINY)
        return logits

    def outputs(self, glyphs: Glyphs) -> Logits:
        """The network's outputs, (N, labels) float32, for the glyphs as they are."""
        return self._network.outputs(glyphs)


class _Network:
    """A file that LiteRT runs, for any number of glyphs."""

    def __init__(self, file: Path, classes: int, threads: int) -> None:
        with native_stderr_logged(_log):
            from ai_edge_litert.interpreter import Interpreter

            try:
                self._interpreter = Interpreter(str(file), num_threads=threads)
                self._interpreter.allocate_tensors()
            except (RuntimeError, ValueError) as error:
                raise ModelUnavailable(f"{file} cannot be loaded: {error}") from None
        self._classes = classes
        self._input = self._interpreter.get_input_details()[0]["index"]
        output = self._interpreter.get_output_details()[0]
        self._output = output["index"]
        if output["shape"][-1] != classes:
            raise ModelUnavailable(
                f"{file} knows {output['shape'][-1]} classes, its metadata {classes}"
            )

    def outputs(self, glyphs: Glyphs) -> Logits:
        """The outputs, (N, classes) float32."""
        result = np.empty((len(glyphs), self._classes), np.float32)
        for start in range(0, len(glyphs), CHUNK):
            chunk = np.ascontiguousarray(glyphs[start : start + CHUNK], np.float32)
            self._interpreter.resize_tensor_input(self._input, chunk.shape)
            self._interpreter.allocate_tensors()
            self._interpreter.set_tensor(self._input, chunk)
            self._interpreter.invoke()
            result[start : start + CHUNK] = self._interpreter.get_tensor(self._output)
        return result


def _are_sure(advice: Probabilities, at_once: float) -> npt.NDArray[np.bool_]:
    """What the advisor holds for a digit beyond doubt, (N,)."""
    digits, none = advice[:, :DIGITS].max(axis=1), advice[:, DIGITS:].sum(axis=1)
    return np.asarray((digits >= at_once) & (none <= HARDLY))


def _advised(said: Probabilities, advice: Probabilities) -> Probabilities:
    """Which digit it is, both say as much; whether it is one, `said` alone: networks of fully
    connected layers take more for digits that are none."""
    digits, other = said[:, :DIGITS], advice[:, :DIGITS] + TINY
    whole = digits.sum(axis=1, keepdims=True)
    shares = digits / whole + other / other.sum(axis=1, keepdims=True)
    return np.concatenate([whole * shares / 2, said[:, DIGITS:]], axis=1)


def _turned(glyphs: Glyphs, angle: float) -> Glyphs:
    """Glyphs turned counter-clockwise about their middle by `angle`, in degrees."""
    middle = (glyphs.shape[2] - 1) / 2, (glyphs.shape[1] - 1) / 2
    turn = cv2.getRotationMatrix2D(middle, angle, 1.0)
    turned = np.empty_like(glyphs)
    for row, glyph in zip(turned, glyphs, strict=True):
        row[:] = cv2.warpAffine(glyph, turn, glyph.shape[::-1])
    return turned


def softmax(logits: Logits) -> Probabilities:
    """Rows of logits, (N, K), to rows of probabilities."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Probabilities = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


def load_classifier(
    models: Path, name: str = CURRENT, *, max_error_read: float = MAX_ERROR_READ
) -> GlyphClassifier:
    """Load the version `name` of the folder `models`. Raises ModelUnavailable."""
    return GlyphClassifier(load_version(models, name), max_error_read=max_error_read)
