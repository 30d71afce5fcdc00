"""The page Search: range tests and sweeps."""
