"""The workshop: the only room that imports TensorFlow."""
