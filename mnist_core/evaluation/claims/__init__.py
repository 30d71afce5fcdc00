"""The claims of the MNIST tutorial article, measured with this package."""
