"""The page Train: the form of a run, and how long it will take."""
