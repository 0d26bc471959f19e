"""The model card: what a version is, in words, for who finds the folder."""

from __future__ import annotations

from typing import Any

from .evaluate import Evaluation

CARD_FILE = "CARD.md"


def model_card(metadata: dict[str, Any], measured: Evaluation) -> str:
    """Markdown made from metadata.json's content and the measurement on the test digits
    (sections after Mitchell et al., Model Cards for Model Reporting, 2019)."""
    training, metrics = metadata["training"], metadata["metrics"]
    threshold = metadata["thresholds"]["review_below"]
    reject = (
        "An eleventh class, `none`, stands for what is no digit at all."
        if "none" in metadata["labels"]
        else "It knows no class for what is no digit: letters and scribbles become digits."
    )
    geometry = (
        "in the geometry of `daemon.vision.glyph` (MNIST's: longer side 20 pixels, centre of mass "
        "in the middle)"
        if metadata["input"]["normalised"]
        else "as MNIST has them"
    )
    rows = "\n".join(
        f"| {item['name']} | {item['source']} | {item['n']:,} | `{item['sha256'][:12]}` |"
        for item in metadata["data"]
    )
    libraries = ", ".join(f"{name} {version}" for name, version in metadata["libraries"].items())
    return f"""# {metadata["version"]}

A neural network that reads one handwritten digit. Architecture `{metadata["architecture"]}`,
{metrics["weights"]:,} weights, trained {metadata["created_at"][:10]} by `digitd train`.
Input: glyphs of 28x28 pixels {geometry}, ink = 1, ground = 0. Output: logits.
{reject}

## Files

`model.tflite` is what digitd reads with (LiteRT). `model.keras` is the same network for Keras,
without optimizer state. Both hold weights of half precision.
They choose the same class on {metrics["agreement_keras_litert"]:.2%} of the test digits.
`metadata.json` holds all figures, and the sha256 of the files.

## Measured on {measured.digits.name}

Never learnt from, and nothing was chosen by them: {measured.n:,} digits.

| accuracy | wrong | log loss | calibration error (15 bins) |
|---|---|---|---|
| {measured.accuracy:.2%} | {measured.n - int(measured.correct.sum())} | {measured.loss:.4f} | {measured.ece:.2%} |

## Confidence

Logits are divided by a temperature of {metadata["temperature"]:.3f}, the one with the least log loss on
{metrics["calibration_glyphs"]:,} validation glyphs that were not learnt from{
    ", among them distorted and damaged digits and glyphs that are no digit"
    if training["augmentation"] != "none" else ""}.
`review_below` is {threshold:.4f}: the smallest confidence such that, of the validation glyphs read
as a digit with at least that confidence, no more than {training["max_error_read"]:.2%} were read wrong.
It is an estimate from these glyphs, without a margin: scans unlike them have more errors.

## Training

{training["epochs"]} epochs of {training["glyphs_per_epoch"]:,} glyphs in {training["seconds"]:.0f} seconds, the best was epoch {training["best_epoch"]} (validation accuracy
{training["validation_accuracy"]:.2%}). {training["optimizer"]}, learning rate {training["learning_rate"]:g}, batches of {training["batch_size"]}, loss {training["loss"]}, label smoothing
{training["label_smoothing"]:g}, augmentation {training["augmentation"]}, {training["negative_share"]:.0%} negatives, seed {metadata["seed"]}.

| data | source | digits | sha256 |
|---|---|---|---|
{rows}

{libraries}

## Limits

One digit a glyph; what a glyph is made from decides more than the network does. Digits only, as
the people wrote them who are named above: other scripts and other hands are read worse.
"""
