import cv2
import numpy as np
import pytest

from daemon.vision.components import find_components


@pytest.mark.parametrize("side", [40, 300])  # small pages and large ones are measured differently
@pytest.mark.parametrize("ink", [0.0, 0.2, 0.5, 1.0])
def test_labels_boxes_and_areas_are_those_of_opencv(side: int, ink: float) -> None:
    noise = np.random.default_rng(side).random((side, side + 7), np.float32)
    mask = (cv2.GaussianBlur(noise, (0, 0), 2) < np.quantile(noise, ink)).astype(np.uint8)
    if ink in (0, 1):
        mask[:] = int(ink)
    labels, components, _ = find_components(mask)
    _, wanted, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    assert np.array_equal(labels, wanted)
    assert [each.label for each in components] == list(range(1, len(stats)))
    assert [list(each[1:]) for each in components] == stats[1:].tolist()


@pytest.mark.parametrize("side", [40, 300])
def test_small_components_can_be_left_out_and_too_many_are(side: int) -> None:
    mask = np.zeros((side, side), np.uint8)
    mask[2, 2] = mask[9:12, 5] = mask[20, 20:22] = 1
    labels, components, dust = find_components(mask, least=3)
    assert [each.label for each in components] == [labels[9, 5]]
    assert labels[2, 2] > 0
    assert dust == 3
    assert len(find_components(mask, most=1, least=3).components) == 1  # specks do not count
    assert len(find_components(mask, most=3).components) == 3
    assert find_components(mask, most=2).components == []


def test_a_component_ends_where_its_box_does() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[3:9, 5:12] = 1
    (only,) = find_components(mask).components
    assert (only.right, only.bottom, only.area) == (12, 9, 42)
