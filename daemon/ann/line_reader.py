"""The line network at reading time: LiteRT, no TensorFlow; views of lines -> digits with boxes."""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..checks import fits, passes
from ..errors import ModelUnavailable
from ..records import AskedLine, Check, Expected, Ink, SeenDigit, SeenLine
from .ctc import BLANK, Candidate, Digits, Posteriors, align, greedy, k_best
from .quiet import native_stderr_logged

Views: TypeAlias = npt.NDArray[np.float32]  # (N, 32, W), paper 0, ink about 1; W a multiple of 4
Outputs: TypeAlias = npt.NDArray[np.float32]  # (N, W/4, 15), what the network gives

HEIGHT = 32  # pixels of a view
STRIDE = 4  # pixels of its width for each frame
OUTPUTS = BLANK + 5  # a frame: ten digits, blank, left, right, top, bottom
CHUNK_PIXELS = 64 * HEIGHT * 256  # of an invocation: bounds memory
STEPS = 8  # to twice a width: views become as wide as the next one, to be read at once
AT_ONCE = 0.95  # probability of a reading from which one tower's first look is enough,
SURE = 0.7  # and from which that of all towers is: further views do not overrule it
ALTERNATIVES = 8
FOLLOWED = 9  # readings among which one without doubles is looked for
DOUBLE = 0.6  # of the narrower box that two neighbours share: one digit was read twice
CHECKED = 60  # readings among which one that passes the check is looked for
LONGEST = 40  # digits, where the most is not given
TINY = 1e-300  # a probability whose logarithm is finite
INCREDIBLE = 30.0  # a log probability so far below the best one's is no reading, even if it fits


@dataclass(frozen=True, slots=True)
class Frames:
    """What the network says of a batch: log `posteriors` (N, F, 11), ten digits and blank, and
    `boxes` (N, F, 4), left, top, right and bottom in pixels of the view, of the digit at a frame,
    if there is one."""

    posteriors: Posteriors
    boxes: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Look:
    """The same of one view: (F, 11) and (F, 4); `readings` are its likeliest ones. Where digits
    show on it is kept, for that is asked more than once."""

    posteriors: Posteriors
    boxes: npt.NDArray[np.float32]
    readings: tuple[Candidate, ...]
    _places: dict[Digits, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, posteriors: Posteriors, boxes: npt.NDArray[np.float32]) -> Look:
        """With its readings."""
        return cls(posteriors, boxes, tuple(k_best(posteriors, FOLLOWED)))

    def places(self, digits: Digits) -> list[int]:
        """The frames at which these digits show most."""
        if digits not in self._places:
            self._places[digits] = align(self.posteriors, digits)
        return self._places[digits]


class LineReader:
    """One trained line network, ready to read: one tower or several. Not for use by several threads
    at once."""

    def __init__(self, network: Path, *, threads: int = 1) -> None:
        """Load `network`, a version's reader.tflite. Raises ModelUnavailable."""
        with native_stderr_logged(logging.getLogger(__name__)):
            from ai_edge_litert.interpreter import Interpreter

            try:
                interpreter = Interpreter(str(network), num_threads=threads)
                names = sorted(interpreter.get_signature_list())
                self._towers = [_Tower(interpreter.get_signature_runner(name)) for name in names]
            except (RuntimeError, ValueError) as error:
                raise ModelUnavailable(f"{network} cannot be loaded: {error}") from None
        if not self._towers or any(tower.classes != OUTPUTS for tower in self._towers):
            raise ModelUnavailable(f"{network} is no line network")

    def read(self, views: Views, expected: Expected | None = None) -> list[SeenLine]:
        """Read lines, (N, 32, W): the best reading of each that is as `expected`, if any is."""
        frames = self.frames(views)
        return [
            read_frames(posteriors, boxes, expected)
            for posteriors, boxes in zip(frames.posteriors, frames.boxes, strict=True)
        ]

    def frames(self, views: Views) -> Frames:
        """What the towers say together: the means of their outputs."""
        return decode(np.mean([tower.outputs(views) for tower in self._towers], axis=0))

    def read_lines(self, asked: Sequence[AskedLine]) -> list[SeenLine]:
        """Read lines of any width, each by as many looks as it takes: that of one tower; where it
        is not sure, those of all towers; where they are not, those at further views, a tower for
        each."""
        first, *others = self._towers
        seen = [[look] for look in _looks(first, [line.look for line in asked])]

        def doubtful(among: Iterable[int], enough: float) -> list[int]:
            return [n for n in among if not _are_sure(seen[n], asked[n].expected, enough)]

        def look_again(tower: _Tower, lines: Sequence[int], views: Sequence[Ink]) -> None:
            for n, look in zip(lines, _looks(tower, views), strict=True):
                seen[n].append(look)

        left = doubtful(range(len(asked)), AT_ONCE)
        for tower in others:
            look_again(tower, left, [asked[n].look for n in left])
        left = doubtful(left, SURE)
        further = zip(*(asked[n].further() for n in left), strict=True)
        for tower, views in zip(cycle(self._towers), further, strict=False):
            look_again(tower, left, views)
        return [_read(looks, line.expected) for line, looks in zip(asked, seen, strict=True)]


class _Tower:
    """One signature of a file that LiteRT runs."""

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        ((self._input, _),) = runner.get_input_details().items()
        ((self._output, output),) = runner.get_output_details().items()
        self.classes = int(output["shape"][-1])

    def outputs(self, views: Views) -> Outputs:
        """A frame every four columns, in one call, or in several where the batch is large."""
        count, _, width = views.shape
        outputs = np.empty((count, width // STRIDE, OUTPUTS), np.float32)
        step = max(1, CHUNK_PIXELS // (HEIGHT * max(1, width)))
        for start in range(0, count, step):
            chunk = np.ascontiguousarray(views[start : start + step], np.float32)
            outputs[start : start + step] = self._runner(**{self._input: chunk})[self._output]
        return outputs


def _looks(tower: _Tower, views: Sequence[Ink]) -> list[Look]:
    """What a tower says of each view, (32, W), those of similar width read at once: the same
    whatever others there are, for a network sees how wide the paper is."""
    looks: dict[int, Look] = {}
    by_width: dict[int, list[int]] = defaultdict(list)
    for n, view in enumerate(views):
        by_width[_padded_width(view.shape[1])].append(n)
    for width, chunk in by_width.items():
        batch = np.zeros((len(chunk), HEIGHT, width), np.float32)
        for row, n in zip(batch, chunk, strict=True):
            row[:, : views[n].shape[1]] = views[n]
        frames = decode(tower.outputs(batch))
        for n, posteriors, boxes in zip(chunk, frames.posteriors, frames.boxes, strict=True):
            own = views[n].shape[1] // STRIDE
            looks[n] = Look.of(posteriors[:own], boxes[:own])
    return [looks[n] for n in range(len(views))]


def _padded_width(width: int) -> int:
    """The next of a few widths, by the view's own width alone."""
    step = max(STRIDE, (1 << (width.bit_length() - 1)) // STEPS)
    return -(-width // step) * step


def decode(outputs: Outputs) -> Frames:
    """The network's outputs, (N, F, 15), as posteriors and boxes."""
    logits = outputs[..., : BLANK + 1].astype(np.float64)
    logits -= logits.max(axis=2, keepdims=True)
    posteriors = logits - np.log(np.exp(logits).sum(axis=2, keepdims=True))
    left, right, top, bottom = np.moveaxis(outputs[..., BLANK + 1 :] * np.float32(HEIGHT), 2, 0)
    middles = (np.arange(outputs.shape[1], dtype=np.float32) + np.float32(0.5)) * STRIDE
    boxes = np.stack([middles - left, top, middles + right, bottom], axis=2)
    return Frames(posteriors, boxes)


def read_frames(
    posteriors: Posteriors,
    boxes: npt.NDArray[np.float32],
    expected: Expected | None = None,
    others: Sequence[Posteriors] = (),
) -> SeenLine:
    """Read one line's posteriors (F, 11) and boxes (F, 4). `others` are posteriors of further views
    of the same line: a reading's probability is the mean over all of them."""
    return _read(
        [Look.of(posteriors, boxes), *(Look.of(other, boxes) for other in others)], expected
    )


def _read(looks: Sequence[Look], expected: Expected | None) -> SeenLine:
    """Read a line by all its looks; the digits' places are those in the first."""
    posteriors, boxes = looks[0].posteriors, looks[0].boxes
    found = _ranked([look.readings for look in looks])
    whole = (n for n, each in enumerate(found) if not _has_doubles(looks[0], each.digits))
    found.insert(0, found.pop(next(whole, 0)))
    chosen = found
    if expected is not None:
        chosen = _as_expected([look.posteriors for look in looks], found, expected) or found
    best = chosen[0]
    rest = [each for each in [*chosen[1:], *found] if each.digits != best.digits]
    texts = {_text(each.digits): float(np.exp(each.log_probability)) for each in rest}
    ranked = sorted(texts.items(), key=lambda pair: -pair[1])[:ALTERNATIVES]
    seen = [
        _seen(digit, posteriors[place], boxes[place])
        for digit, place in zip(best.digits, looks[0].places(best.digits), strict=True)
    ]
    return SeenLine(tuple(seen), float(np.exp(best.log_probability)), tuple(ranked))


def read_greedily(posteriors: Posteriors, boxes: npt.NDArray[np.float32]) -> SeenLine:
    """The quickest reading, without alternatives; its probability is that of its best path."""
    digits = greedy(posteriors)
    places = align(posteriors, digits)
    seen = [
        _seen(digit, posteriors[place], boxes[place])
        for digit, place in zip(digits, places, strict=True)
    ]
    return SeenLine(tuple(seen), float(np.exp(posteriors.max(axis=1).sum())), ())


def _are_sure(looks: Sequence[Look], expected: Expected, enough: float) -> bool:
    """Whether the likeliest reading of these looks is likely enough, and as it should be."""
    best = _ranked([look.readings for look in looks])[0]
    return (
        best.log_probability >= math.log(enough)
        and fits(expected, best.digits)
        and not _has_doubles(looks[0], best.digits)
    )


def _has_doubles(look: Look, digits: Digits) -> bool:
    """Whether two neighbouring digits of a reading stand on the same ink."""
    if len(digits) < 2:
        return False
    left, _, right, _ = look.boxes[look.places(digits)].T
    shared = np.minimum(right[1:], right[:-1]) - np.maximum(left[1:], left[:-1])
    widths = right - left
    narrower = np.minimum(widths[1:], widths[:-1])
    return bool((shared > DOUBLE * np.maximum(narrower, 1)).any())


def _ranked(found: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """Candidates of several looks as one list, best first, by their mean probability."""
    if len(found) == 1:
        return list(found[0])
    sums: dict[tuple[int, ...], float] = defaultdict(float)
    for candidates in found:
        for each in candidates:
            sums[each.digits] += float(np.exp(each.log_probability)) / len(found)
    ranked = sorted(sums.items(), key=lambda pair: -pair[1])
    return [Candidate(digits, float(np.log(max(mean, TINY)))) for digits, mean in ranked]


def _as_expected(
    looks: Sequence[Posteriors], found: Sequence[Candidate], expected: Expected
) -> list[Candidate]:
    """Readings as expected, best first; as long a list as is needed for some to pass."""
    fewest = min(len(look) for look in looks)
    most = min(LONGEST if expected.most is None else expected.most, fewest)
    lengths = range(expected.least, most + 1)
    fitting = [each for each in found if fits(expected, each.digits)]
    if not lengths or (fitting and fitting[0] is found[0]):
        return fitting
    given = lengths if expected.least or expected.most else None
    if expected.check is Check.NONE:
        wider = _ranked([k_best(look, ALTERNATIVES + 1, lengths=given) for look in looks])
    else:
        wider = _ranked([k_best(look, CHECKED, lengths=given, beams=4 * CHECKED) for look in looks])
    credible = found[0].log_probability - INCREDIBLE
    return [
        each
        for each in wider
        if each.log_probability > credible and passes(expected.check, each.digits)
    ]


def _seen(digit: int, frame: Posteriors, box: npt.NDArray[np.float32]) -> SeenDigit:
    left, top, right, bottom = (float(edge) for edge in box)
    return SeenDigit(digit, left, top, right, bottom, tuple(np.exp(frame[:BLANK]).tolist()))


def _text(digits: Sequence[int]) -> str:
    return "".join(map(str, digits))
