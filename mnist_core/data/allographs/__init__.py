"""Drawings that the project makes up: the ten digits in all their allographs, and non-digits."""

from mnist_core.data.allographs.generator import (
    NON_DIGIT,
    NON_DIGIT_KINDS,
    TEMPLATES,
    draw_digit,
    draw_non_digit,
)

__all__ = ["NON_DIGIT", "NON_DIGIT_KINDS", "TEMPLATES", "draw_digit", "draw_non_digit"]
