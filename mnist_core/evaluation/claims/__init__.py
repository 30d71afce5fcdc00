"""The claims of the usual MNIST tutorial article, measured on this engine."""
