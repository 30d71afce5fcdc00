from .config_flags import add_config_flags, config_from_flags

__all__ = [
    "add_config_flags",
    "config_from_flags",
]
