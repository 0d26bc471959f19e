"""Sheets on a darker ground are found by their edges; nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from daemon.training.page_hands import draw_own_hand
from daemon.training.page_sheet import Sheet
from daemon.training.photograph import Light, Setting, Shot, photograph
from daemon.vision import four_sides, rectify
from daemon.vision.flat import flatten
from daemon.vision.rectify import SheetSearch


def take(shot: Shot, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A photo, (H, W) uint8, and the middles of the digits on it, (n, 2)."""
    rng = np.random.default_rng(seed)
    sheet = Sheet(100, 140, 4, 8, draw_own_hand(rng), rng)
    for y in (14, 70, 126):  # out to the sheet's margins
        sheet.rows.append((sheet.write("2", 12, y), sheet.write("5", 84, y)))
    photo = photograph(sheet, shot, np.random.default_rng(seed))
    boxes = [digit.box for row in photo.rows for group in row for digit in group.digits]
    middles = [(box.x + box.width / 2, box.y + box.height / 2) for box in boxes]
    return cv2.cvtColor(photo.pixels, cv2.COLOR_BGR2GRAY), np.array(middles)


def flattened(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return cv2.perspectiveTransform(points[None].astype(np.float64), matrix)[0]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("light", Light)
@pytest.mark.parametrize(
    ("setting", "angle"), [(Setting.DESK, 0), (Setting.DESK, 24), (Setting.EDGE, 2)]
)
def test_a_sheet_on_a_desk_is_laid_flat(
    setting: Setting, angle: float, light: Light, seed: int
) -> None:
    page, middles = take(Shot(setting, angle=angle, light=light), seed)
    corners = SheetSearch(page).clear
    assert corners is not None
    matrix, (width, height) = flatten(corners)
    assert width / height == pytest.approx(100 / 140, rel=0.12)
    found = flattened(middles, matrix).reshape(3, 2, 2) / (width, height)
    wanted = np.array([[[x, y] for x in (14.5, 86.5)] for y in (14, 70, 126)]) / (100, 140)
    np.testing.assert_allclose(found, wanted, atol=0.05)


@pytest.mark.parametrize("light", Light)
@pytest.mark.parametrize("setting", [Setting.SCAN, Setting.CLOSE])
def test_a_picture_that_is_all_sheet_is_left_as_it_is(setting: Setting, light: Light) -> None:
    for seed in range(2):
        page, _ = take(Shot(setting, light=light), seed)
        assert SheetSearch(page).clear is None


@pytest.mark.parametrize("angle", [-11, 4, 8, 18])
def test_a_scanned_sheet_lies_straight_whose_corners_touch_the_border(angle: float) -> None:
    turn = cv2.getRotationMatrix2D((0, 0), -angle, 1)[:, :2]
    sheet = np.array([[0, 0], [840, 0], [840, 1190], [0, 1190]]) @ turn.T
    sheet -= sheet.min(axis=0)
    width, height = np.ceil(sheet.max(axis=0)).astype(int)
    page = np.full((height, width), 45, np.uint8)
    cv2.fillConvexPoly(page, np.rint(sheet).astype(np.int32), (240,), cv2.LINE_AA)
    corners = SheetSearch(page).clear
    assert corners is not None
    sides = np.roll(corners, -1, axis=0) - corners
    slopes = np.rad2deg(np.arctan2(sides[:, 1], sides[:, 0])) - angle
    np.testing.assert_allclose((slopes + 45) % 90 - 45, 0, atol=0.4)


def test_shadows_lamps_and_blots_are_no_sheets() -> None:
    rows, columns = np.mgrid[:300, :400].astype(np.float32)
    lamp = 240 - 0.4 * np.hypot(rows - 140, columns - 200)
    half = np.where(columns > 190, 230, 110) + 0 * rows
    blot = np.where(np.hypot(rows - 150, columns - 200) < 120, 230, 60)
    for scene in (lamp, half, blot, np.full((300, 400), 230.0)):
        assert SheetSearch(np.clip(scene, 0, 255).astype(np.uint8)).clear is None


def test_corners_of_a_flat_sheet_are_those_of_its_picture() -> None:
    corners = np.array([[100, 50], [500, 80], [480, 700], [90, 650]], np.float64)
    matrix, (width, height) = flatten(corners)
    ends = [[0, 0], [width, 0], [width, height], [0, height]]
    np.testing.assert_allclose(flattened(corners, matrix), ends, atol=1e-3)
    assert (width, height) == (397, 610)


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (40, 3), (28, 28)])
def test_the_smallest_pages_have_no_sheet(shape: tuple[int, int]) -> None:
    assert (
        SheetSearch(np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)).clear is None
    )


def test_where_nothing_is_as_dark_as_a_desk_no_region_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def regions(sketch: np.ndarray) -> list[np.ndarray]:
        looked.append(sketch)
        return []

    looked: list[np.ndarray] = []
    monkeypatch.setattr(rectify, "_regions", regions)
    rng = np.random.default_rng(2)
    shade = np.linspace(230, 120, 900)[:, None]  # darker and darker, without an edge
    paper = np.clip(shade + rng.normal(0, 4, (900, 700)), 0, 255).astype(np.uint8)
    paper[300:340, 100:112] = 20  # a stroke is no ground
    assert SheetSearch(paper).clear is None
    assert not looked
    paper[:, :90] = 60
    assert SheetSearch(paper).clear is None
    assert looked


def pale(left: int = 60, right: int = 340) -> np.ndarray:
    """A sheet hardly brighter than the wood that it lies on, from column `left` to `right`."""
    page = np.full((300, 400), 200, np.uint8)
    page[50:250, left:right] = 232
    return page


def test_a_sheet_hardly_brighter_than_its_ground_is_found_when_asked_for() -> None:
    search = SheetSearch(pale())
    assert search.clear is None
    assert search.faint is not None
    ends = [[60, 50], [340, 50], [340, 250], [60, 250]]
    np.testing.assert_allclose(search.faint, ends, atol=3)


def test_such_a_sheet_lies_on_the_page_with_all_its_corners() -> None:
    assert SheetSearch(pale(right=400)).faint is None


def test_regions_are_looked_for_once_however_often_a_sheet_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def regions(sketch: np.ndarray) -> Iterator[np.ndarray]:
        looked.append(sketch)
        return found(sketch)

    looked: list[np.ndarray] = []
    found = rectify._regions
    monkeypatch.setattr(rectify, "_regions", regions)
    page = pale()
    page[:50] = 90  # so dark that a clear sheet is looked for
    search = SheetSearch(page)
    for _ in range(2):
        assert search.clear is None
        assert search.faint is not None
    assert len(looked) == 1


def test_corners_are_in_the_page_as_it_is_reduced() -> None:
    page = np.full((1500, 2600), 60, np.uint8)
    page[300:1200, 500:2000] = 230
    search = SheetSearch(page)
    assert search.factor == 2
    assert search.pixels.shape == (750, 1300)
    assert search.clear is not None
    ends = [[250, 150], [1000, 150], [1000, 600], [250, 600]]
    np.testing.assert_allclose(search.clear, ends, atol=5)


def test_to_what_is_not_compact_no_sides_are_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(*_: object) -> None:
        raise AssertionError("a bracket has no four sides")

    monkeypatch.setattr(rectify, "four_sides", fit)
    bracket = np.full((300, 400), 60, np.uint8)
    bracket[50:250, 60:340] = 230
    bracket[50:180, 160:340] = 60
    assert SheetSearch(bracket).clear is None


def test_in_shade_without_edges_no_faint_sheet_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rectify, "_regions", lambda _: pytest.fail("looked"))
    shade = np.repeat(np.linspace(120, 230, 480)[None], 140, axis=0).astype(np.uint8)
    cv2.putText(shade, "42 7", (60, 100), cv2.FONT_HERSHEY_SIMPLEX, 3, (40,), 8)
    assert SheetSearch(shade).faint is None


def test_the_largest_regions_are_those_that_labels_give() -> None:
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(20):
        noise = rng.integers(0, 256, (9, 12), np.uint8)
        smooth = cv2.resize(noise, (320, 240), interpolation=cv2.INTER_CUBIC)
        mask = (smooth > rng.integers(90, 150)).view(np.uint8)
        mask[60:180, 80:240] = 0  # a frame, in which a region lies
        mask[80:160, 100:220] = 1
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        areas = stats[1:, cv2.CC_STAT_AREA]
        large = [at + 1 for at in np.flatnonzero(areas >= rectify._LEAST * mask.size)]
        outlined = list(rectify._largest(mask, len(areas)))
        regions = [region for region, _ in outlined]
        assert sorted(cv2.countNonZero(each) for each in regions) == sorted(
            areas[areas >= rectify._LEAST * mask.size]
        )
        assert all(any(np.array_equal(each, labels == at) for at in large) for each in regions)
        for region, outline in outlined:
            outlines, _ = cv2.findContours(region, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
            assert np.array_equal(outline, outlines[0])
        found += len(regions)
    assert found > 20


def test_to_what_shows_at_one_side_only_no_lines_are_fitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lines(points: np.ndarray, chosen: np.ndarray) -> list[np.ndarray]:
        fitted.append(points)
        return found(points, chosen)

    fitted: list[np.ndarray] = []
    found = four_sides._lines
    monkeypatch.setattr(four_sides, "_lines", lines)
    cell = np.full((300, 400), 230, np.uint8)
    cell[:, :20] = 30  # the border of a cell
    assert SheetSearch(cell).clear is None
    assert not fitted
    cell[:20] = 30
    assert SheetSearch(cell).clear is not None
    assert fitted


@pytest.mark.parametrize("side", range(4))
@pytest.mark.parametrize("along", [0.3, 0.5, 0.7])
def test_a_thumb_at_a_side_leaves_its_line_where_it_is(side: int, along: float) -> None:
    whole = np.array([[60, 40], [340, 60], [330, 250], [50, 240]], np.float64)
    start, end = whole[side], whole[(side + 1) % 4]
    outwards = np.array([[0, -1], [1, 0], [0, 1], [-1, 0]])[side]
    thumb = start + along * (end - start) + 4 * outwards
    hull = cv2.convexHull(np.insert(whole, side + 1, [thumb], axis=0).astype(np.float32))
    corners = four_sides.four_sides(hull.reshape(-1, 2).astype(np.float64), (300, 400))
    assert corners is not None
    np.testing.assert_allclose(corners, whole, atol=5)


def of_size(width: float, height: float, angle: float, x: float, y: float) -> np.ndarray:
    """The corners of a sheet round (x, y), turned by so many degrees."""
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    ends = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2
    return ends @ np.array([[cos, sin], [-sin, cos]]) + (x, y)


@pytest.mark.parametrize(
    "sheet",
    [
        np.array([[100, 30], [380, 20], [300, 280], [20, 200]], np.float64),  # seen from aside
        of_size(330, 220, 22, 190, 150),  # a corner lies beyond the picture
        of_size(380, 240, 14, 200, 150),
        of_size(300, 200, 30, 150, 140),
    ],
)
def test_corners_are_exact_where_sides_are_straight(sheet: np.ndarray) -> None:
    picture = np.array([[0, 0], [399, 0], [399, 299], [0, 299]], np.float32)
    _, seen = cv2.intersectConvexConvex(sheet.astype(np.float32), picture)
    corners = four_sides.four_sides(seen.reshape(-1, 2).astype(np.float64), (300, 400))
    assert corners is not None
    nearest = np.abs(corners[:, None] - sheet).max(axis=2).min(axis=1)
    np.testing.assert_allclose(nearest, 0, atol=0.3)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("cut", [0, 20])
def test_light_in_a_corner_of_the_picture_is_no_sheet(cut: int, turns: int) -> None:
    page = np.full((340, 234), 80, np.uint8)
    light = np.array([[60, 0], [233, 0], [233, 190 - cut], [233 - cut, 190]])
    cv2.fillConvexPoly(page, light.astype(np.int32), (230,))
    page = np.rot90(cv2.GaussianBlur(page, (0, 0), 4), turns).copy()
    assert SheetSearch(page).clear is None


@pytest.mark.parametrize("outliers", [0, 6])
def test_lines_are_those_that_opencv_fits(outliers: int) -> None:
    rng = np.random.default_rng(3)
    along = rng.uniform(0, 300, (3, 80))
    points, chosen = [], np.zeros((3, 240), np.bool_)
    for number, (angle, x, y) in enumerate(((0.1, 20, 30), (1.5, 300, 10), (-0.8, 5, 200))):
        off = rng.normal(0, 0.4, 80)
        off[:outliers] += 12
        cos, sin = np.cos(angle), np.sin(angle)
        own = np.stack([x + along[number] * cos - off * sin, y + along[number] * sin + off * cos])
        points.append(own.T)
        chosen[number, 80 * number : 80 * number + 80] = True
    for line, own in zip(four_sides._lines(np.concatenate(points), chosen), points, strict=True):
        vx, vy, x0, y0 = cv2.fitLine(own.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
        assert abs(line[0] * vy - line[1] * vx) < 0.01  # the sine of the angle between them
        assert abs((line[2] - x0) * vy - (line[3] - y0) * vx) < 0.6


def test_next_to_a_sheet_on_all_sides_no_region_like_it_is_fitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, _ = take(Shot(Setting.DESK, angle=12), 1)
    fitted: list[int] = []
    monkeypatch.setattr(
        rectify, "four_sides", lambda *given: fitted.append(1) or four_sides.four_sides(*given)
    )
    corners = SheetSearch(page).clear
    few = len(fitted)
    monkeypatch.setattr(rectify, "_ALIKE", -1)
    every = SheetSearch(page).clear
    assert 0 < few < len(fitted) - few
    assert corners is not None
    np.testing.assert_allclose(corners, every, atol=0.01 * max(page.shape))


def test_ground_in_the_light_beside_a_sheet_is_no_part_of_it() -> None:
    page = np.full((750, 1000), 60, np.uint8)
    page[100:650, 900:940] = np.linspace(120, 60, 40)  # what the sheet throws on it
    page[100:650, 100:900] = 200
    corners = SheetSearch(page).clear
    sheet = np.array([[100, 100], [899, 100], [899, 649], [100, 649]])
    np.testing.assert_allclose(corners, sheet, atol=4)


def test_sides_next_to_which_the_same_points_lie_are_fitted_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fitted: list[np.ndarray] = []
    lines = four_sides._lines
    monkeypatch.setattr(
        four_sides, "_lines", lambda *given: fitted.append(given[0]) or lines(*given)
    )
    seen = np.array([[100, 30], [240, 22], [380, 20], [300, 280], [20, 200]], np.float64)
    assert four_sides.four_sides(seen, (300, 400)) is not None
    assert len(fitted) == 2


def test_a_larger_sheet_counts_beside_a_smaller_one_on_all_sides() -> None:
    page = np.full((750, 1000), 30, np.uint8)
    page[100:650, 100:900] = 130
    page[110:640, 110:700] = 235  # in a lamp's light, with an edge all round
    corners = SheetSearch(page).clear
    assert corners is not None
    assert corners[:, 0].max() > 850
