"""The rules of a page: table lines, boxes, ruled and squared paper, however long.

On a whole page writing has a size, and what is straight for several digit heights is a rule. Rules
are looked for among fainter ink than writing, as runs of pixels, and taken out of the writing
without cutting the strokes that cross them; they also part what stands in different cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Box, Grey
from .components import Component, find_components
from .page_combs import draw_combs
from .runs import Runs, Window, find_runs

# All in digit heights.
_LYING = 2.6  # the shortest lying rule
_STANDING = 1.75  # the shortest standing one
_LINK = 0.4  # the shortest piece of a rule that slopes
_BOLD = 5.0  # the shortest thick one
_THICK = 0.36  # from which a rule is thick
_SOLID = 0.6  # from which it is no rule
_UNEVEN = 1.5  # times the usual thickness of a rule: what is still part of it
_GAP = 1 / 12  # what a rule may miss
_POST = (0.8, 2.2)  # length of short standing ones, from rule to rule
_POST_WIDTH = 0.35  # at most, and half of what it spans where it leans
_POSTS = 3  # side by side: fewer may be strokes of digits
_POST_SLACK = 0.3  # by which posts of a comb differ in height
_CELL = 1.65  # the widest cell that holds no number of its own
_SLOPE = 0.1  # that a standing rule may lean along a digit
_STROKE = 0.22  # of strokes that cross a rule

_PALE = 0.5  # of a rule's length, that a mask has of it: of a pale one it has less
_BESIDE = 5  # px across a rule, that was made fat when it was looked for
_BLOCK = 4  # px: what is looked at first for runs, which miss less
_STEP = 2  # px by which pieces of a rule lie apart
_ACROSS = 0.8  # of a row's height: what a border of a cell covers


@dataclass(frozen=True)
class Rules:
    """Where rules lie: (h, w) uint8 of 0 and 1 each."""

    lying: Grey
    standing: Grey

    @cached_property
    def any(self) -> bool:
        """Whether there are any."""
        return bool(cv2.countNonZero(self.lying) or cv2.countNonZero(self.standing))

    def with_those(self, others: Sequence[Rules]) -> Rules:
        """These and others."""
        if not others:
            return self
        lying, standing = self.lying, self.standing
        for other in others:
            lying = cv2.bitwise_or(lying, other.lying)
            standing = cv2.bitwise_or(standing, other.standing)
        return Rules(lying, standing)

    def part(self, left: Box, right: Box, height: float) -> bool:
        """Whether the border of a cell runs between two neighbours of a line; the digits of one
        number may stand in the cells of squared paper and of combs, which are narrow."""
        top, bottom = max(left.y, right.y), min(left.bottom, right.bottom)
        start, stop = left.x + left.width // 2, right.x + right.width // 2
        if bottom <= top or not self.standing[top:bottom, start:stop].any():
            return False
        reach = round(_CELL * height)
        begin = max(0, start - reach)
        columns = begin + _rules_at(self.standing[top:bottom, begin : stop + reach], height)
        between = columns[(columns >= start) & (columns < stop)]
        distances = np.abs(between[:, None] - columns)
        return bool(len(between)) and not bool(((distances > 0) & (distances <= reach)).any())


def _rules_at(band: Grey, height: float) -> npt.NDArray[np.float64]:
    """The columns, (n,), in which standing rules cross a band, (h, w) uint8 of 0 and 1, of a
    row."""
    wide = cv2.dilate(band, np.ones((1, 2 * max(1, round(_SLOPE * height)) + 1), np.uint8))
    crossed = (wide.sum(axis=0) >= _ACROSS * len(band)).astype(np.uint8)
    runs = find_runs(crossed[None])
    return np.asarray((runs.starts + runs.stops - 1) / 2)


def find_rules(faint: Grey, height: float) -> Rules:
    """The rules in a mask of faint ink, (h, w) uint8 of 0 and 1, on a page of digits so high."""
    nothing = np.zeros_like(faint)
    lying, has_lying = nothing, False
    if _may_run(_blocks_across(faint), height, _LYING):
        lying = _long(_runs(faint, height), faint.shape, height, _LYING, _LINK)
        has_lying = bool(cv2.countNonZero(lying))
    if not has_lying and not _may_run(_blocks_down(faint), height, _STANDING):
        return Rules(nothing, nothing)
    turned = cv2.transpose(faint)
    runs = _runs(turned, height)
    standing = cv2.transpose(_long(runs, turned.shape, height, _STANDING, _LINK))
    if not has_lying:
        return Rules(lying, standing)  # posts stand between rules
    short = cv2.transpose(_long(runs, turned.shape, height, _POST[0], _POST[0]))
    posts = _posts(cv2.subtract(short, standing), lying, height)
    standing = cv2.bitwise_or(standing, posts)
    draw_combs(standing, runs, lying, height)
    return Rules(lying, standing)


def without_rules(mask: Grey, rules: Rules, height: float) -> Grey:
    """The mask without its rules; strokes that cross one stand on both of its sides, and what joins
    them is given back."""
    if rules.any:
        rules = inked(rules, mask)
    if not rules.any:
        return mask
    either = cv2.bitwise_or(rules.lying, rules.standing)
    rest = cv2.subtract(mask, cv2.dilate(either, np.ones((3, 3), np.uint8)))
    reach = max(6, round(_STROKE * height)) + 2
    kept = rest.copy()
    for rule, kernel, near in (
        (rules.lying, (reach, 1), (3, 1)),
        (rules.standing, (1, reach), (1, 3)),
    ):
        around = _around(rule, reach + 1)
        joined = cv2.morphologyEx(rest[around], cv2.MORPH_CLOSE, np.ones(kernel, np.uint8))
        crossing = cv2.bitwise_and(joined, cv2.dilate(rule[around], np.ones(near, np.uint8)))
        kept[around] = cv2.bitwise_or(kept[around], cv2.bitwise_and(crossing, mask[around]))
    return kept


def inked(rules: Rules, mask: Grey) -> Rules:
    """Those rules that are dark enough to be in a mask: of pale ones it has hardly more than what
    crosses them, and taking them out would only cut that."""
    return Rules(
        _dark(rules.lying, mask, np.ones((_BESIDE, 1), np.uint8)),
        _dark(rules.standing, mask, np.ones((1, _BESIDE), np.uint8)),
    )


def _dark(rules: Grey, mask: Grey, across: Grey) -> Grey:
    """Those of some rules of which a mask has most of their length, if anywhere `across` them."""
    if not cv2.countNonZero(rules):
        return rules
    found = find_components(rules)
    owners, values = found.labelled.inked(cv2.dilate(mask, across))
    shares = np.bincount(owners, values, minlength=len(found.listed) + 1)[1:] / found.boxes[:, 4]
    dark = shares >= _PALE
    if dark.all():
        return rules
    return np.append(False, dark)[found.labels].view(np.uint8)


def _around(rules: Grey, margin: int) -> Window:
    """The window of a page that holds all these rules, and a margin in pixels around them."""
    left, top, width, height = cv2.boundingRect(rules)
    return _grown(left, top, left + width, top + height, margin)


def _grown(left: int, top: int, right: int, bottom: int, margin: int) -> Window:
    rows = slice(max(0, top - margin), bottom + margin)
    return rows, slice(max(0, left - margin), right + margin)


def _blocks_across(faint: Grey) -> npt.NDArray[np.bool_]:
    """Where ink is in each row of a mask, (h, w // 4), by blocks of columns."""
    whole = faint.shape[1] // _BLOCK * _BLOCK
    return np.asarray(np.ascontiguousarray(faint[:, :whole]).view(np.uint32) != 0)


def _blocks_down(faint: Grey) -> npt.NDArray[np.bool_]:
    """The same in each column, (w, h // 4), by blocks of rows."""
    whole = len(faint) // _BLOCK * _BLOCK
    blocks = faint[:whole].reshape(-1, _BLOCK, faint.shape[1]).max(axis=1)
    return np.asarray(cv2.transpose(blocks).view(np.bool_))


def _may_run(blocks: npt.NDArray[np.bool_], height: float, least: float) -> bool:
    """Whether there may be a run of `least` digit heights in what is one with the rows beside it:
    on a page without rules, looking for blocks that follow each other costs a quarter of looking
    for runs."""
    if _gap(height) > _BLOCK:
        return True  # a run may miss a whole block
    fat = blocks.copy()
    fat[1:] |= blocks[:-1]
    fat[:-1] |= blocks[1:]
    follow = fat.reshape(-1)  # from one row's end to the next one's begin, too, which is rare
    wanted = (_least(height, least) - 2 * (_BLOCK - 1)) // _BLOCK
    length = 1
    while length < wanted and follow.any():  # each now says that so many follow each other
        step = min(length, wanted - length)
        follow = follow[step:] & follow[:-step]
        length += step
    return bool(follow.any())


def _gap(height: float) -> int:
    """How many pixels a run may not miss."""
    return max(2, round(_GAP * height))


def _least(height: float, least: float) -> int:
    """How many pixels are so many digit heights at least."""
    return max(8, round(least * height))


def _runs(faint: Grey, height: float) -> Runs:
    """Runs of ink, with those of the rows beside them, as rules slope a little."""
    fat = cv2.dilate(faint, np.ones((3, 1), np.uint8))
    return find_runs(fat).without_gaps(_gap(height))


def _long(runs: Runs, shape: tuple[int, ...], height: float, least: float, link: float) -> Grey:
    """What of the runs is thin, or as long as thick rules are: those that have `least` digit
    heights, and those of `link` heights between them."""
    is_long = runs.lengths >= _least(height, least)
    long = runs.chosen(is_long).drawn(shape)
    if not is_long.any():
        return long
    links = runs.chosen(~is_long & (runs.lengths >= round(link * height)))
    beside = cv2.dilate(long, np.ones((2 * _STEP + 1, 2 * _STEP + 1), np.uint8))
    ends = np.minimum(beside[links.rows, links.starts], beside[links.rows, links.stops - 1])
    # What runs along a rule, such as the stroke of a digit, links nothing.
    linking = ends > beside[links.rows, (links.starts + links.stops) // 2]
    long = cv2.bitwise_or(long, links.chosen(linking).drawn(shape))
    thick = _thick(long, max(5, round(_THICK * height)))
    if not thick.any():
        return long
    runs = find_runs(thick)
    bold = runs.chosen(runs.lengths >= round(_BOLD * height)).drawn(shape)
    solid = _thick(bold, max(6, round(_SOLID * height)))
    rules = cv2.bitwise_or(cv2.subtract(long, thick), cv2.subtract(bold, solid))
    _keep_even(rules, long, height)
    return rules


def _keep_even(rules: Grey, long: Grey, height: float) -> None:
    """Keep as `rules` what of those as `long` as thick ones is hardly thicker than all of its rule:
    one that is nearly thick would fall to pieces, which look like strokes."""
    found = find_components(long)
    for rule in found.components:
        usual = rule.area / rule.width
        most = round(_UNEVEN * usual)
        if rule.width < _BOLD * height or not _THICK * height < most <= _SOLID * height:
            continue
        window = _grown(rule.x, rule.y, rule.right, rule.bottom, most + 1)
        own = found.labelled.own(window, (rule.label,), long[window])
        rules[window] = cv2.bitwise_or(rules[window], cv2.subtract(own, _thick(own, most)))


def _thick(rules: Grey, thickness: int) -> Grey:
    """What of lying rules is thicker, with the pixels above and below it."""
    upright = np.ones((thickness + 1, 1), np.uint8)  # the runs are of ink that was made fat
    around = _around(rules, thickness + 1)
    opened = cv2.morphologyEx(rules[around], cv2.MORPH_OPEN, upright)
    thick = np.zeros_like(rules)
    thick[around] = cv2.bitwise_and(cv2.dilate(opened, np.ones((3, 1), np.uint8)), rules[around])
    return thick


def _posts(short: Grey, lying: Grey, height: float) -> Grey:
    """The short standing rules that reach from one lying rule to another, several side by side:
    the cells of a comb."""
    found = find_components(short)
    posts = [each for each in found.components if _is_post(each, lying, height)]
    drawn = np.zeros_like(short)
    ends = np.array([(post.y, post.bottom) for post in posts]).reshape(-1, 2)
    for post, own in zip(posts, ends, strict=True):
        beside = (np.abs(ends - own) <= _POST_SLACK * height).all(axis=1)
        if np.count_nonzero(beside) >= _POSTS:
            drawn[post.y : post.bottom, post.x : post.right] |= found.own(post)
    return drawn


def _is_post(part: Component, lying: Grey, height: float) -> bool:
    """Whether a part is thin, and ends in a `lying` rule on either side."""
    if max(part.area / part.height, part.width / 2) > _POST_WIDTH * height:
        return False
    if not _POST[0] * height <= part.height <= _POST[1] * height:
        return False
    columns = lying[:, part.x : part.right]
    above, below = (
        columns[max(0, part.y - 1) : part.y + 2],
        columns[part.bottom - 2 : part.bottom + 1],
    )
    return bool(above.any() and below.any())
