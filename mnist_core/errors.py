"""The error that mnist_core raises for input that its caller can correct."""


class MnistCoreError(ValueError):
    """Something given to mnist_core cannot be used; the message names the fix."""
