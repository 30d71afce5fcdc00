"""The page Watch: a run while it trains and afterwards."""
