"""Gradio, imported without what it does at each import for those who write components of it.

For each of its 70 component classes it parses the source, makes an interface file of it (.pyi) and
compares that with the file in its folder: over a third of the time of its import. The pad uses
these files for nothing, and where the folder can be written they would be changed. Gradio leaves
out classes that have no source file.
"""

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

_COMPONENT = "ComponentMeta"


def _get_file(get_file: Callable[[Any], str]) -> Callable[[Any], str]:
    def get_file_of_others(object: Any) -> str:
        if type(object).__name__ == _COMPONENT:
            raise OSError("a component, whose interface file nobody needs")
        return get_file(object)

    return get_file_of_others


with mock.patch.object(inspect, "getfile", _get_file(inspect.getfile)):
    import gradio
    from gradio import http_server
    from gradio.data_classes import ImageData
    from gradio.i18n import I18nData
    from gradio.mcp import GradioMCPServer
    from gradio.utils import get_upload_folder, is_in_or_equal


@contextlib.contextmanager
def without_reloading() -> Iterator[None]:
    """Launch a page in this block as if it were not on a Space.

    There, Gradio watches the page's sources by the package `spaces`, in a thread that fails where
    that is not installed, and the log has a traceback.
    """
    with mock.patch.object(http_server, "get_space", return_value=None):
        yield


__all__ = [
    "GradioMCPServer",
    "I18nData",
    "ImageData",
    "get_upload_folder",
    "gradio",
    "is_in_or_equal",
    "without_reloading",
]
