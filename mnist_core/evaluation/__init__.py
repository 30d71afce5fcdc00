"""Scores of a network on a labelled split."""
