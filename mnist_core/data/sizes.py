"""Sizes of MNIST's training set and its default split. Imports no torch."""

TRAINING_SET_SIZE = 60_000
VALIDATION_SIZE = 5_000

MEAN = 0.1307
STD = 0.3081
"""Of the pixels of MNIST's training images, in [0, 1]."""
