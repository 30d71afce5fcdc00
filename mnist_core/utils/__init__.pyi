from .devices import Gpu, choose_device, device_name, list_gpus
from .files import write_atomic
from .json_files import DamagedFileError, JsonModel, MissingFileError, read_json, write_json
from .locks import acquire_lock, exclusive_lock, is_locked
from .runtime import configure_server_process, configure_training_process

__all__ = [
    "DamagedFileError",
    "Gpu",
    "JsonModel",
    "MissingFileError",
    "acquire_lock",
    "choose_device",
    "configure_server_process",
    "configure_training_process",
    "device_name",
    "exclusive_lock",
    "is_locked",
    "list_gpus",
    "read_json",
    "write_atomic",
    "write_json",
]
