"""The scorecard: one table of everything that a model is measured by, with 95% intervals."""
