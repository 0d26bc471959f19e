import cv2
import numpy as np
import pytest

from daemon.training.camera import Pen, Scene, compose
from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes
from daemon.vision.header import MAX_SIDE
from daemon.vision.ink import find_ink, histogram, noise_of, split
from daemon.vision.polarity import _goes_on


def scene(**options):
    values = {"lines": ("4",), "width": 240, "height": 220, "digit_height": 120, "pen_width": 9}
    return Scene(**(values | options), grey=True)


def overlap(ink, truth):
    """Intersection over union of the mask and the ink's true box, inside that box."""
    mask = ink.mask.astype(bool)
    box = truth.digits[0].box
    inside = mask[box.y : box.bottom, box.x : box.right].sum()
    return inside / max(1, mask.sum())


def test_ink_of_a_plain_scan_lies_in_the_digits_box():
    picture = compose(scene(), np.random.default_rng(1))
    ink = find_ink(picture.pixels)[0]
    assert not ink.light_on_dark
    assert overlap(ink, picture) > 0.98


@pytest.mark.parametrize("label", "0123456789")
@pytest.mark.parametrize("pen_width", [3, 9, 24])
@pytest.mark.parametrize("light_on_dark", [False, True])
def test_polarity_is_told_for_thin_and_bold_digits(label, pen_width, light_on_dark):
    options = {"lines": (label,), "pen_width": pen_width, "light_on_dark": light_on_dark}
    picture = compose(scene(pen=Pen.BLACK, **options), np.random.default_rng(2))
    assert find_ink(picture.pixels)[0].light_on_dark == light_on_dark


@pytest.mark.parametrize("steepness", [0.02, 5.0])
def test_the_edge_of_a_shadow_is_no_ink(steepness):
    picture = compose(scene(shade=0), np.random.default_rng(3))
    columns = np.arange(240) - 60
    shadow = 1 - 0.45 / (1 + np.exp(np.clip(columns * steepness, -50, 50)))
    shaded = (picture.pixels * shadow).astype(np.uint8)
    assert overlap(find_ink(shaded)[0], picture) > 0.9


def lit(pixels: np.ndarray, light: float) -> np.ndarray:
    """The picture with so much more light in its lower right corner."""
    y, x = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]] / np.max(pixels.shape)
    more = light * (1 / (1 + np.exp(-40 * (x + y - 1.1))))
    return np.clip(pixels * (0.45 + more), 0, 255).astype(np.uint8)


def test_light_beside_a_shadow_is_no_ink_light_on_dark() -> None:
    few = scene(lines=("135",), width=400, height=300, digit_height=60, pen_width=3, shade=0)
    picture = compose(few, np.random.default_rng(4))
    shaded = lit(picture.pixels, 0.35)
    assert not any(ink.light_on_dark for ink in find_ink(shaded))


def test_light_that_touches_the_border_goes_on_only_along_it() -> None:
    lit = np.zeros((72, 96), np.uint8)
    lit[60:] = 90
    assert _goes_on(lit)
    digit = lit.copy()
    digit[10:30, 40:52] = 90  # stands free
    assert not _goes_on(digit)
    stroke = np.zeros((72, 96), np.uint8)
    stroke[:60, 30:50] = 90  # a bold 1 that touches it
    assert not _goes_on(stroke)


@pytest.mark.parametrize("label", "0689")
def test_bold_light_digits_are_light_whatever_light_falls_beside_them(label: str) -> None:
    bold = scene(
        lines=(label,), digit_height=150, pen_width=36, light_on_dark=True, shade=0, pen=Pen.BLACK
    )
    picture = compose(bold, np.random.default_rng(4)).pixels
    for light in (0.0, 0.15, 0.35):
        assert True in [ink.light_on_dark for ink in find_ink(lit(picture, light))]


def test_a_stroke_has_the_same_contrast_in_shade_and_in_light():
    page = np.full((120, 240), 240, np.uint8)
    page[:, 120:] = 120
    page[40:80, 58:62] = 120  # takes away half of the light
    page[40:80, 178:182] = 60
    contrast = find_ink(page)[0].contrast
    assert contrast[60, 60] == pytest.approx(contrast[60, 180], abs=8)


@pytest.mark.parametrize("label", range(10))
@pytest.mark.parametrize("side", [13, 17, 22])
@pytest.mark.parametrize("light_on_dark", [False, True])
def test_on_a_tiny_picture_the_digit_does_not_pass_for_noise(label, side, light_on_dark):
    drawn = render_strokes(
        own_digit(label, np.random.default_rng(5)), height=0.75 * side, pen_width=0.12 * side
    )
    high, wide = drawn.shape
    width = max(round(0.8 * side), wide + 2)
    y, x = (side - high) // 2, (width - wide) // 2
    cover = np.zeros((side, width), np.float32)
    cover[y : y + high, x : x + wide] = drawn
    cover = cv2.GaussianBlur(cover, (0, 0), 0.5)
    shade = 20 + 210 * cover if light_on_dark else 230 - 190 * cover
    noise = np.random.default_rng(6).normal(0, 1.5, cover.shape)
    inks = find_ink(np.clip(np.rint(shade + noise), 0, 255).astype(np.uint8))
    (ink,) = (each for each in inks if each.light_on_dark == light_on_dark)
    assert ink.mask[cover > 0.6].all()
    assert not ink.mask[cover < 0.05].any()


def test_noise_on_a_tiny_picture_stays_noise():
    pixels = np.random.default_rng(7).normal(128, 40, (20, 20))
    (ink, *_) = find_ink(np.clip(pixels, 0, 255).astype(np.uint8))
    assert ink.mask.mean() < 0.05


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_a_blank_page_has_no_ink(shade):
    assert not find_ink(np.full((300, 200), shade, np.uint8))[0].mask.any()


def test_the_noise_of_a_blank_page_is_no_ink():
    noise = np.random.default_rng(4).normal(200, 6, (300, 200))
    assert find_ink(np.clip(noise, 0, 255).astype(np.uint8))[0].mask.mean() < 1e-3


@pytest.mark.parametrize("grain", [0, 4, 9])
def test_the_floor_is_four_standard_deviations_of_the_grain(grain):
    noise = np.random.default_rng(4).normal(255, grain, (400, 300)) / 2 + 60
    floor = find_ink(np.clip(noise, 0, 255).astype(np.uint8))[0].floor
    paper = 60 + 255 / 2 + 2 * grain  # the closed sketch is a little lighter than the paper
    assert floor == pytest.approx(max(14, 4 * grain / 2 * 255 / paper), abs=4)


@pytest.mark.parametrize("size", [(230, 290), (600, 750), (1033, 1291)])
@pytest.mark.parametrize("desk", [False, True])
def test_shade_and_light_are_told_apart_at_any_size(size, desk):
    height, width = size
    options = {"shade": 0.5, "desk": desk, "digit_height": 0.5 * height, "pen_width": 0.04 * height}
    picture = compose(scene(width=width, height=height, **options), np.random.default_rng(8))
    ink = find_ink(picture.pixels)[0]
    box = picture.digits[0].box
    assert not ink.light_on_dark
    sheet = ink.mask[height // 6 : -height // 6, width // 6 : -width // 6].sum()
    inside = ink.mask[box.y : box.bottom, box.x : box.right].sum()
    assert 0.9 * sheet < inside


def test_pen_on_printed_rules_gives_the_pen_alone_as_strong_ink():
    page = np.full((200, 200), 235, np.uint8)
    page[20::40] = page[21::40] = 190
    cv2.line(page, (60, 40), (140, 160), 40, 7)
    ink = find_ink(page)[0]
    assert ink.mask[20].mean() > 0.9
    assert ink.strong is not None
    assert ink.strong[20].mean() < 0.1
    assert ink.strong[100, 100] == 1


@pytest.mark.parametrize("light_on_dark", [False, True])
def test_on_a_small_clean_picture_ink_is_what_the_paper_all_around_is_not(light_on_dark):
    bold = np.full((28, 28), 250, np.uint8)
    cv2.rectangle(bold, (9, 6), (18, 21), 10, 5)  # its counter is thinner than its strokes
    inks = find_ink(255 - bold if light_on_dark else bold)
    assert [ink.light_on_dark for ink in inks] == [light_on_dark]


@pytest.mark.parametrize("light_on_dark", [False, True])
def test_a_small_picture_in_falling_light_is_as_clean(light_on_dark):
    row, column = np.indices((28, 28))
    page = 200 - 1.5 * column - 0.5 * row
    ring = cv2.ellipse(np.zeros((28, 28), np.uint8), (14, 14), (6, 9), 0, 0, 360, 1, 5)
    page = np.where(ring, 0.4 * page, page).astype(np.uint8)
    (ink,) = find_ink(255 - page if light_on_dark else page)
    assert ink.light_on_dark is light_on_dark
    assert np.array_equal(ink.mask, ring)


def test_a_frame_all_around_a_small_picture_is_not_its_paper():
    cell = np.full((40, 40), 245, np.uint8)
    cv2.line(cell, (20, 10), (18, 30), 30, 3)
    cv2.rectangle(cell, (0, 0), (39, 39), 20, 2)
    assert not find_ink(cell)[0].light_on_dark


def test_strokes_of_a_few_pixels_are_of_one_kind_of_ink():
    page = np.full((200, 200), 235, np.uint8)
    page[20::40] = page[21::40] = 190
    cv2.line(page, (60, 40), (140, 160), 40, 7)
    small = cv2.resize(page, (40, 40), interpolation=cv2.INTER_AREA)
    assert find_ink(small)[0].strong is None


def test_ink_of_one_kind_has_no_strong_part():
    page = np.full((200, 200), 235, np.uint8)
    cv2.line(page, (60, 40), (140, 160), 40, 7)
    assert find_ink(page)[0].strong is None


def test_a_large_page_is_reduced_by_a_whole_factor():
    page = np.full((3 * MAX_SIDE - 1, 900), 255, np.uint8)
    ink = find_ink(page)[0]
    assert ink.factor == 3
    assert ink.mask.shape == (page.shape[0] // 3, 300)


@pytest.mark.parametrize("shape", [(8, 8), (8, 400), (400, 8)])
def test_small_and_narrow_pages_are_no_error(shape):
    rng = np.random.default_rng(5)
    ink = find_ink(rng.integers(0, 256, shape, dtype=np.uint8))[0]
    assert ink.mask.shape == shape


@pytest.mark.parametrize("shape", [(6144, 8), (8, 6144), (1536, 2)])
def test_a_page_may_be_a_thread(shape):
    assert find_ink(np.full(shape, 255, np.uint8))[0].mask.max() == 0


@pytest.mark.parametrize("around", [(5, 5), (5, 1)])
@pytest.mark.parametrize("side", [200, 1200])
def test_the_grain_of_a_page_is_measured_whatever_its_size(side, around):
    rng = np.random.default_rng(3)
    page = np.clip(180 + rng.normal(0, 6, (side, side)), 0, 255).astype(np.uint8)
    if around[1] == 1:
        page[:: side // 20] = 60  # along a rule there is no grain
    kept = 1 - 1 / (around[0] * around[1])  # the mean of the neighbourhood has its share of it
    assert noise_of(page, around) == pytest.approx(6 * np.sqrt(kept), rel=0.25)


@pytest.mark.parametrize("side", [28, 200])
def test_a_histogram_counts_every_pixel_of_pictures_small_and_large(side: int) -> None:
    image = np.random.default_rng(side).integers(0, 256, (side, side), np.uint8)
    expected = [np.count_nonzero(image == level) for level in range(256)]
    np.testing.assert_array_equal(histogram(image), expected)


def test_otsu_splits_between_two_kinds_of_levels_and_at_0_where_there_are_none() -> None:
    counts = np.zeros(256)
    assert split(counts) == 0
    counts[[20, 30, 180, 200]] = 50, 40, 30, 20
    assert 30 <= split(counts) < 180


@pytest.mark.parametrize("light_on_dark", [False, True])
@pytest.mark.parametrize("to", ["bottom", "right"])
def test_across_a_strip_light_may_fall_off_from_side_to_side(to: str, light_on_dark: bool) -> None:
    strokes = np.zeros((60, 240), np.uint8)
    for x in (30, 90, 150, 210):
        cv2.ellipse(strokes, (x, 30), (12, 20), 0, 0, 360, (1,), 4)
    paper = np.linspace(235, 115, 60)[:, None] * np.ones((1, 240))
    page = (paper * (1 - 0.45 * strokes)).astype(np.uint8)
    if light_on_dark:
        page = 255 - page
    if to == "right":
        page, strokes = cv2.transpose(page), cv2.transpose(strokes)
    ink = find_ink(page)[0]
    assert ink.light_on_dark == light_on_dark
    both = np.count_nonzero(ink.mask & strokes)
    assert both > 0.8 * np.count_nonzero(ink.mask | strokes)
