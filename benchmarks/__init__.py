"""Benchmarks: `python -m benchmarks.NAME` in the checkout. docs/benchmarks.md has their results."""

from mnist_core.utils.runtime import limit_thread_spinning

# each benchmark is an entry point and imports torch after this
limit_thread_spinning()
