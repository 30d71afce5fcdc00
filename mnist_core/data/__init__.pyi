from .augmentation import ARTICLE, PEN, Augmentation, augment
from .loaders import DeviceLoader, WorkerLoader, epoch_order
from .mnist import Split, load_test, load_train_validation, load_validation, normalise
from .pendigits import read_pendigits
from .unipen import PenDrawing, read_unipen, read_unipen_digits

__all__ = [
    "ARTICLE",
    "PEN",
    "Augmentation",
    "DeviceLoader",
    "PenDrawing",
    "Split",
    "WorkerLoader",
    "augment",
    "epoch_order",
    "load_test",
    "load_train_validation",
    "load_validation",
    "normalise",
    "read_pendigits",
    "read_unipen",
    "read_unipen_digits",
]
