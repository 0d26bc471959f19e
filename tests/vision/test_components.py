import cv2
import numpy as np
import pytest

from daemon.vision.components import find_components


@pytest.mark.parametrize("side", [40, 300])  # small pages and large ones are measured differently
@pytest.mark.parametrize("ink", [0.0, 0.02, 0.2, 0.5, 1.0])
@pytest.mark.parametrize("grain", [1, 2, 6])  # of fine grain, runs are too many to be followed
def test_labels_boxes_and_areas_are_those_of_opencv(side: int, grain: int, ink: float) -> None:
    noise = np.random.default_rng(side).random((side, side + 7), np.float32)
    cloudy = cv2.GaussianBlur(noise, (0, 0), grain)
    mask = (
        (cloudy <= np.quantile(cloudy, ink)).astype(np.uint8)
        if ink
        else np.zeros_like(noise, np.uint8)
    )
    found = find_components(mask)
    _, wanted, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    assert [each.label for each in found.components] == list(range(1, len(stats)))
    assert np.array_equal(found.labels > 0, mask > 0)
    for each in found.components:  # in whatever order
        (label,) = np.unique(wanted[found.labels == each.label]).tolist()
        assert [*each[1:]] == stats[label].tolist()


@pytest.mark.parametrize("side", [40, 300])
def test_small_components_can_be_left_out_and_too_many_are(side: int) -> None:
    mask = np.zeros((side, side), np.uint8)
    mask[2, 2] = mask[9:12, 5] = mask[20, 20:22] = 1
    found = find_components(mask, least=3)
    assert [each.label for each in found.components] == [found.labels[9, 5]]
    assert found.labels[2, 2] > 0
    assert found.dust == 3
    assert len(find_components(mask, most=1, least=3).components) == 1  # specks do not count
    assert len(find_components(mask, most=3).components) == 3
    assert find_components(mask, most=2).components == []


def test_a_component_ends_where_its_box_does() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[3:9, 5:12] = 1
    (only,) = find_components(mask).components
    assert (only.right, only.bottom, only.area) == (12, 9, 42)


@pytest.mark.parametrize("side", [60, 300])
def test_of_a_component_only_its_own_pixels_are_shown(side: int) -> None:
    mask = np.zeros((side, side), np.uint8)
    mask[5:25, 5] = mask[24, 5:25] = 1  # an angle
    mask[8:11, 12:15] = 1  # a spot beside it, in its box
    found = find_components(mask)
    for each in found.components:
        window = np.s_[each.y : each.bottom, each.x : each.right]
        assert np.array_equal(found.own(each), found.labels[window] == each.label)
    assert sorted(int(found.own(each).sum()) for each in found.components) == [9, 39]


def test_what_meets_further_down_is_one_component() -> None:
    mask = np.zeros((300, 300), np.uint8)
    mask[10:200, 10:291:20] = 1  # a comb, standing on its back: its teeth meet in their last row
    mask[200, 10:291] = 1
    mask[250:260, 10:291:20] = 1  # others, that do not
    found = find_components(mask).components
    assert len(found) == 16
    assert max(each.area for each in found) == 15 * 190 + 281


def test_without_some_the_boxes_are_still_those_of_the_others() -> None:
    mask = np.zeros((20, 60), np.uint8)
    for at in range(5):
        mask[2 : 4 + at, 10 * at : 10 * at + 4] = 1
    found = find_components(mask).without({2, 4})
    assert [each.label for each in found.components] == [1, 3, 5]
    assert found.boxes.tolist() == [list(each[1:]) for each in found.components]


def test_components_that_are_chosen_by_their_boxes_are_listed_only_then() -> None:
    mask = np.zeros((40, 60), np.uint8)
    for x in (4, 20, 40):
        mask[10 : 12 + x // 4, x : x + 3] = 1
    found = find_components(mask)
    chosen = found.chosen(found.boxes[:, 3] > 3)
    assert "components" not in vars(found)
    assert "components" not in vars(chosen)
    assert [each.x for each in chosen.components] == [20, 40]
    assert chosen.listed.tolist() == [each.label for each in chosen.components]
