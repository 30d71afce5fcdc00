"""Settings of a run as widgets, labels and text."""
