"""The first page: all runs and sweeps, the queue, and what can be done with them."""
