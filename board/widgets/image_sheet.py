"""All images of a split on one sheet, a file that a page loads once to show any of them."""

import tempfile
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path

import numpy as np
import streamlit as st
import streamlit.components.v1 as components
from PIL import Image

from mnist_core.data.mnist import Split

_FILE = "sheet.png"


@dataclass(frozen=True)
class ImageSheet:
    """A sheet of images of one size, row by row.

    Attributes
    ----------
    address : str
        Of the PNG file, relative to the page.
    columns, rows : int
    """

    address: str
    columns: int
    rows: int


@st.cache_resource(max_entries=2, show_spinner=False)
def image_sheet(root: str, size: int, _split: Split) -> ImageSheet:
    """Let Streamlit serve the images of a split; data folder and size identify it in the cache."""
    folder = tempfile.TemporaryDirectory(prefix="drawpad-images-")
    sheet = make_sheet(_split.images[:, 0].numpy())
    Image.fromarray(sheet).save(Path(folder.name) / _FILE)
    _folders().append(folder)
    served = components.declare_component(Path(folder.name).name, path=folder.name)
    height, width = (side // _split.images.shape[-1] for side in sheet.shape)
    return ImageSheet(f"component/{served.name}/{_FILE}", width, height)


def make_sheet(images: np.ndarray) -> np.ndarray:
    """Return images (N, S, S) in [0, 1] on one sheet about as wide as high, as uint8.

    Image i is in row i // columns; what is left of the last row is black.
    """
    count, side, _ = images.shape
    columns = ceil(sqrt(count))
    rows = ceil(count / columns)
    tiles = np.zeros((rows * columns, side, side), np.uint8)
    tiles[:count] = np.rint(255 * images)
    tiles = tiles.reshape(rows, columns, side, side).swapaxes(1, 2)
    return tiles.reshape(rows * side, columns * side)


@st.cache_resource(show_spinner=False)
def _folders() -> list[tempfile.TemporaryDirectory[str]]:
    """Return the folders of this server's sheets, which are removed when it exits."""
    return []
