"""The error that mnist_core raises for input that its caller can correct."""

from __future__ import annotations


class MnistCoreError(ValueError):
    """Something given to mnist_core cannot be used; the message names the fix."""
