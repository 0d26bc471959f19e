"""How well a version reads labelled digits: through LiteRT, as reading itself does it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..ann.classifier import GlyphClassifier, Glyphs, Probabilities
from ..ann.registry import ModelVersion
from ..records import DIGITS, Grey
from ..vision.choice import SURELY_NO_DIGIT
from ..vision.glyph import normalise_images
from . import metrics
from .datasets import DigitSet
from .scores import Scores


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one version made of one set. `probabilities` (N, K) are calibrated; from a confidence of
    `review_below` on, a digit is called read. Labelled files in which no digit was found count as
    wrong, and as not called read."""

    model: str
    digits: DigitSet
    probabilities: Probabilities
    review_below: float

    @property
    def data(self) -> str:
        """The set's name."""
        return self.digits.name

    @property
    def predicted(self) -> npt.NDArray[np.intp]:
        """(N,), by the rule by which a page's only mark is read: the likeliest digit, or 10 where
        that surely is none."""
        predicted: npt.NDArray[np.intp] = self.probabilities[:, :DIGITS].argmax(axis=1)
        if self.probabilities.shape[1] > DIGITS:
            predicted[self.probabilities[:, DIGITS] > SURELY_NO_DIGIT] = DIGITS
        return predicted

    @property
    def confidence(self) -> npt.NDArray[np.float64]:
        """(N,), the probability of what was predicted."""
        rows = np.arange(len(self.probabilities))
        return self.probabilities[rows, self.predicted].astype(np.float64)

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """(N,), whether the prediction is right."""
        correct: npt.NDArray[np.bool_] = self.predicted == self.digits.labels
        return correct

    @property
    def scores(self) -> Scores:
        """The digits as shares and curves take them, those included in which none was found."""
        read = (self.predicted < DIGITS) & (self.confidence >= self.review_below)
        unfound = (0, self.digits.unfound)
        return Scores(
            np.pad(self.correct, unfound), np.pad(self.confidence, unfound), np.pad(read, unfound)
        )

    @property
    def counted(self) -> str:
        """What `n` counts."""
        return "digits"

    @property
    def n(self) -> int:
        """Labelled digits, those included in which none was found."""
        return len(self.digits) + self.digits.unfound

    @property
    def refused(self) -> int:
        """Digits that the network takes for no digit at all: part of the wrong ones."""
        return int(self.confusion[:, DIGITS:].sum())

    @property
    def wrong(self) -> int:
        """Labelled digits not read right."""
        return self.n - int(self.correct.sum())

    @property
    def accuracy(self) -> float:
        """Share of the labelled digits read right."""
        return float(self.correct.sum()) / self.n

    @property
    def loss(self) -> float:
        """Mean negative log-likelihood in nats."""
        return metrics.log_loss(self.digits.labels, self.probabilities)

    @property
    def ece(self) -> float:
        """Expected calibration error."""
        return metrics.expected_calibration_error(self.correct, self.confidence)

    @property
    def confusion(self) -> metrics.Counts:
        """(10, K) counts by true digit and prediction."""
        return metrics.confusion_matrix(
            self.digits.labels, self.predicted, DIGITS, self.probabilities.shape[1]
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else a person should know of the figures."""
        remarks = [f"log loss {self.loss:.4f}"]
        if refused := self.refused:
            remarks.append(f"{refused:,} taken for no digit: counted as wrong")
        if unfound := self.digits.unfound:
            remarks.append(f"no digit found in {unfound:,} files: counted as wrong")
        return tuple(remarks)

    def summary(self) -> dict[str, Any]:
        """The figures as JSON takes them."""
        confusion = self.confusion
        per_class = (metrics.precision, metrics.recall, metrics.f1)
        return {
            "data": self.digits.name,
            "n": self.n,
            "unfound": self.digits.unfound,
            "accuracy": round(self.accuracy, 6),
            "loss": round(self.loss, 6),
            "ece": round(self.ece, 6),
            "wrong": self.wrong,
            "refused": self.refused,
            **self.scores.summary(),
            **{of.__name__: [round(float(v), 6) for v in of(confusion)] for of in per_class},
            "confusion": confusion.tolist(),
            "worst_confusions": [asdict(each) for each in metrics.worst_confusions(confusion)],
        }


def prepare_glyphs(images: Grey, version: ModelVersion) -> Glyphs:
    """Pictures (N, 28, 28) uint8 as the network of `version` learnt them, float32 in 0..1: in the
    geometry of `vision.glyph`, or as they are."""
    if version.normalised:
        return normalise_images(images)
    return images.astype(np.float32) / np.float32(255)


def evaluate(
    classifier: GlyphClassifier, digits: DigitSet, *, review_below: float | None = None
) -> Evaluation:
    """Read a set with the network of `classifier`; `review_below` overrides its own threshold."""
    version = classifier.version
    glyphs = prepare_glyphs(digits.images, version)
    probabilities = classifier.classify(glyphs)
    threshold = classifier.review_below if review_below is None else review_below
    return Evaluation(version.name, digits, probabilities, threshold)
