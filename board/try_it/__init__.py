"""The page Try it: a canvas for one or two networks."""
