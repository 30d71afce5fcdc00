"""The page Understand: a network's mistakes, confusions and inner values."""
