"""Pixels to digits. Pure: no disk, no clock, no TensorFlow."""
