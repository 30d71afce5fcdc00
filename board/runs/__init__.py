"""Runs and jobs as several pages list them, and what can be done with them."""
