"""The mean of a network's weights after several epochs."""

from __future__ import annotations

import numpy as np

from daemon.training.averaging import WeightAverage


class Network:
    """Weights, and nothing else."""

    def __init__(self) -> None:
        self.weights = [np.zeros(2, np.float32)]

    def get_weights(self) -> list[np.ndarray]:
        return self.weights

    def set_weights(self, weights: list[np.ndarray]) -> None:
        self.weights = weights

    def learn(self, value: float) -> None:
        self.weights = [np.full(2, value, np.float32)]

    @property
    def value(self) -> float:
        return float(self.weights[0][0])


def test_the_last_epochs_are_validated_and_kept_by_their_mean_and_learn_as_if_there_were_none() -> (
    None
):
    network = Network()
    average = WeightAverage(network, first=2)
    validated, learnt = [], []
    for value in (8, 4, 1, 2, 6):
        network.learn(value)
        average.epoch_ends()
        validated.append(network.value)
        average.training_goes_on()
        learnt.append(network.value)
    assert validated == [8, 4, 1, 1.5, 3]
    assert learnt == [8, 4, 1, 2, 6]
    average.training_ends()
    assert network.value == 3
