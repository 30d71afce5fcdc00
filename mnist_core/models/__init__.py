"""Architectures, and weights on disk."""
