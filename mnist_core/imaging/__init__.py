"""Imaging: any drawing or picture becomes a frame of 28x28 pixels, as MNIST has them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
