from .hub import upload
from .import_closure import ImportClosure, import_closure
from .model_folder import compose_model
from .space_folder import compose_space

__all__ = ["ImportClosure", "compose_model", "compose_space", "import_closure", "upload"]
