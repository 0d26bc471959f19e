"""The mean of a network's weights after several epochs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

LEFT = 1 / 6  # of the learning rate, at the end: with none, weights to average would not differ


class WeightAverage:
    """The mean of a model's weights, batch norm's statistics among them, at the ends of all epochs
    but the `first` ones. These are validated by it, and in the end the model has it.

    Stochastic weight averaging (Izmailov et al., Averaging Weights Leads to Wider Optima and Better
    Generalization, 2018): about as good as a mean of several networks, at the cost of one.
    """

    def __init__(self, model: Any, first: int) -> None:
        self._model = model
        self._before = first
        self._count = 0
        self._mean: list[npt.NDArray[np.float32]] = []
        self._own: list[npt.NDArray[np.float32]] = []

    def epoch_ends(self) -> None:
        """Before it is validated."""
        if self._before:
            self._before -= 1
            return
        self._own = self._model.get_weights()
        self._count += 1
        if self._mean:
            changes = zip(self._mean, self._own, strict=True)
            count = np.float32(self._count)
            self._mean = [mean + (own - mean) / count for mean, own in changes]
        else:
            self._mean = self._own
        self._model.set_weights(self._mean)

    def training_goes_on(self) -> None:
        """After that."""
        if self._own:
            self._model.set_weights(self._own)

    def training_ends(self) -> None:
        """After the last epoch."""
        self._model.set_weights(self._mean)
