"""Publishing: folders for a Hugging Face Space and a model repository, and their upload."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
