"""The model card: what a version is, in words, for who finds the folder."""

from __future__ import annotations

from typing import Any

from ..ann.classifier import MAX_ERROR_READ
from .evaluate import Evaluation

CARD_FILE = "CARD.md"
READER_HEADING = "## Line reader"


def model_card(metadata: dict[str, Any], measured: Evaluation) -> str:
    """Markdown made from metadata.json's content and the measurement on the test digits
    (sections after Mitchell et al., Model Cards for Model Reporting, 2019)."""
    sections = (
        _purpose(metadata),
        _files(metadata),
        *([_advisor(metadata["advisor"])] if "advisor" in metadata else []),
        _measured(measured),
        _confidence(metadata),
        _training(metadata),
        _LIMITS,
    )
    return f"# {metadata['version']}\n\n" + "\n".join(sections)


_LIMITS = """## Limits

One digit a glyph; how the glyph is made from the scan decides more than the network does.
Digits only, as the people wrote them whose digits are listed above: other hands are read worse.
"""


def _purpose(metadata: dict[str, Any]) -> str:
    geometry = "as MNIST has them"
    if metadata["input"]["normalised"]:
        geometry = (
            "as `daemon.vision.glyph` makes them (MNIST's geometry: longer side 20 pixels, "
            "centre of mass in the middle)"
        )
    reject = "It knows no class for what is no digit: letters and scribbles become digits."
    if "none" in metadata["labels"]:
        reject = "An eleventh class, `none`, stands for what is no digit at all."
    return f"""A neural network that reads one handwritten digit.

- Architecture `{metadata["architecture"]}`, {metadata["metrics"]["weights"]:,} weights, trained
  {metadata["created_at"][:10]} by `digitd train`.
- Input: glyphs of 28x28 pixels, ink = 1, ground = 0, {geometry}.
- Output: logits of {", ".join(metadata["labels"])}. {reject}
"""


def _files(metadata: dict[str, Any]) -> str:
    of_bytes = metadata["input"]["normalised"]  # those of our own networks
    weights = (
        "half precision for Keras, of a byte for LiteRT" if of_bytes else "half precision in both"
    )
    return f"""## Files

`model.tflite` is what digitd reads with (LiteRT). `model.keras` is the same network for Keras,
without optimizer state. Weights are of {weights}; both choose the same class on
{metadata["metrics"]["agreement_keras_litert"]:.2%} of the test digits. `metadata.json` holds the
sha256 of the files, and every figure of this card.
"""


def _advisor(advisor: dict[str, Any]) -> str:
    training = advisor["training"]
    return f"""## Advisor

`advisor.tflite` is asked first: what it holds for a digit beyond doubt is read, unless
`max_error_read` is less than {MAX_ERROR_READ:.2%}. At the rest `model.tflite` looks.
Where that is not sure either, both say as much about which digit it is;
whether it is one, `model.tflite` says alone. The advisor is a network of another kind,
`{advisor["architecture"]}`, {advisor["weights"]:,} weights, trained on the same digits
({training["epochs"]} epochs, {_took(training)}; {_kept(training)},
with {training["validation_accuracy"]:.2%} of the validation digits right). What is measured below,
is measured with it.
"""


def _measured(measured: Evaluation) -> str:
    figures = (
        f"{measured.n:,}",
        f"{measured.accuracy:.2%}",
        f"{measured.wrong}",
        f"{measured.refused}",
        f"{measured.loss:.4f}",
        f"{measured.ece:.2%}",
    )
    return f"""## Measured on {measured.digits.name}

Nothing was learnt from these digits, and no weight, temperature or threshold comes from them.

| digits | accuracy | wrong | of these taken for no digit | log loss | calibration error |
|---|---|---|---|---|---|
| {" | ".join(figures)} |
"""


def _confidence(metadata: dict[str, Any]) -> str:
    training = metadata["training"]
    damaged = ""
    if training["augmentation"] != "none":
        damaged = ", distorted and damaged digits and glyphs that are no digit among them"
    thresholds = "\n".join(
        f"| {threshold['max_error_read']:.2%} | {threshold['review_below']:.4f} |"
        for threshold in metadata["thresholds"]
    )
    return f"""## Confidence

Logits are divided by a temperature of {metadata["temperature"]:.3f}: the one with the least log
loss on {metadata["metrics"]["calibration_glyphs"]:,} validation glyphs that were not learnt
from{damaged}.

Of glyphs like the validation ones read as a digit with at least the confidence `review_below`, no
more than `max_error_read` are read wrong, with a certainty of 99 %; what is no digit and is read as
one is wrong as well. At 1 the validation glyphs were too few to promise it, and all is for review.
Scans unlike those glyphs have more errors.

| `max_error_read` | `review_below` |
|---|---|
{thresholds}
"""


def _training(metadata: dict[str, Any]) -> str:
    training = metadata["training"]
    data = "\n".join(
        f"| {item['name']} | {item['source']} | {item['n']:,} | `{item['sha256'][:12]}` |"
        for item in metadata["data"]
    )
    libraries = ", ".join(f"{name} {version}" for name, version in metadata["libraries"].items())
    return f"""## Training

- {training["epochs"]} epochs of {training["glyphs_per_epoch"]:,} glyphs{_passes(training)},
  {_took(training)}; {_kept(training)}, with
  {training["validation_accuracy"]:.2%} of the validation digits right (`training.png`).
- {training["optimizer"]}, learning rate {training["learning_rate"]:g}, weight decay
  {training["weight_decay"]:g}, batches of {training["batch_size"]}, loss {training["loss"]}, label
  smoothing {training["label_smoothing"]:g}, seed {metadata["seed"]}.
- Augmentation: {training["augmentation"]}; added: {training["own_style_share"]:.0%} in the
  project's own styles, {training["negative_share"]:.0%} that are no digit.{_taught(metadata)}
- {libraries}

| data (the last one only measured) | source | digits | sha256 |
|---|---|---|---|
{data}
"""


def _took(training: dict[str, Any]) -> str:
    """How long fitting took, and on what."""
    seconds = f"{training['seconds']:.0f} seconds"
    if "fitted_with" not in training:  # it was fitted by an earlier digitd
        return seconds
    libraries = dict(training["fitted_with"])
    device = libraries.pop("device")
    return f"{seconds} with {', '.join(map(' '.join, libraries.items()))} on {device}"


def _taught(metadata: dict[str, Any]) -> str:
    """Who said what the glyphs are."""
    if "teacher" not in metadata:
        return ""
    teacher, training = metadata["teacher"], metadata["teacher"]["training"]
    return f"""
- What was learnt of a glyph is what another network says of it, `{teacher["architecture"]}`,
  {teacher["weights"]:,} weights, trained before on the same digits
  ({training["epochs"]} epochs, {_took(training)})."""


def _passes(training: dict[str, Any]) -> str:
    """How often what is drawn is learnt from."""
    passes = training.get("passes", 1)  # of an earlier digitd: once
    return f", drawn afresh every {passes} epochs" if passes > 1 else ""


def _kept(training: dict[str, Any]) -> str:
    """Which weights the network has."""
    averaged = training["averaged_epochs"]
    if averaged > 1:
        return f"the weights are the mean of the last {averaged} epochs'"
    return f"the weights are those of epoch {training['best_epoch']}"


def _averaged(training: dict[str, Any]) -> str:
    averaged = training.get("averaged_epochs", 0)
    return f"; the weights are the mean of the last {averaged} epochs'" if averaged > 1 else ""


def reader_card(reader: dict[str, Any]) -> str:
    """The card's section on the line reader, from what metadata.json says of it."""
    training, metrics = reader["training"], reader["metrics"]
    data = "\n".join(
        f"| {item['name']} | {item['source']} | {item['n']:,} | `{item['sha256'][:12]}` |"
        for item in reader["data"]
    )
    return f"""{READER_HEADING}

`reader.tflite` reads whole lines: {metrics["weights"]:,} weights in {training.get("towers", 1)}
towers, trained {reader["created_at"][:10]} by `digitd train --architecture line`, beside the glyph
network of `{reader["beside"]}`.

- Input: views 32 pixels high, of any width, as `daemon.vision.line_view` makes them. Output: per
  four columns logits of ten digits and blank, and the edges of the digit there. Letters, words,
  print that is no digit and scribbles were learnt as blank.
- Learnt: {training["lines"]:,} composed lines, none twice, {_took(training)}, seed
  {reader["seed"]}{_averaged(training)}; {training["optimizer"]}, learning rate
  {training["learning_rate"]:g}, weight decay {training["weight_decay"]:g}, batches of
  {training["batch_size"]}.
- Reads {metrics["exact"]:.2%} of {metrics["lines"]:,} composed lines of the test digits exactly.
  Composed lines are harder than real ones in some ways and easier in others.

| data (the last one only measured) | source | digits | sha256 |
|---|---|---|---|
{data}
"""
