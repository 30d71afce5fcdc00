"""Hyperparameter sweeps and the learning-rate range test, as jobs."""
