"""From an input to a Prediction."""
