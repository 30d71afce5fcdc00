"""Run folders and what happens in them."""
