"""Recognises hand-drawn digits: imaging, networks, training, evaluation. No user interface.

Names are imported on first use (`__init__.pyi` lists them), so `import mnist_core` is fast.
"""

import lazy_loader

__version__ = "0.2.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
