"""From a drawing or a picture to the 28x28 frame that a network classifies."""
