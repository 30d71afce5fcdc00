"""Decoding of pictures: files, PIL images and arrays -> grey images. Pillow decodes the files.

Imports no torch: programs that run exported graphs read pictures as well.
"""

from __future__ import annotations

import os
import warnings
from typing import IO, TYPE_CHECKING, Literal

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from mnist_core.errors import MnistCoreError
from mnist_core.imaging.colour import grey_of

if TYPE_CHECKING:
    from torch import Tensor

SMALLEST_SIDE = 8
LARGEST_SIDE = 4000
CANVAS_LIMIT = 512
"""Longest side of a grey image, in pixels; larger pictures are scaled down."""

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""What Pillow may decode: of its others, EPS starts Ghostscript, and most are never met."""

_COLOURED = ("RGB", "RGBX", "P", "PA", "CMYK", "YCbCr", "HSV")

Picture = Image.Image | np.ndarray

PictureProblem = Literal["picture_small", "picture_large", "picture_format", "picture_damaged"]


class PictureError(MnistCoreError):
    """A picture that cannot be read; `problem` says why, for pages that word it themselves.

    `size` is its width and height, where the size is the problem and is known.
    """

    def __init__(
        self, message: str, problem: PictureProblem, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(message)
        self.problem = problem
        self.size = size


def open_picture(
    source: str | os.PathLike[str] | IO[bytes], largest_side: int = LARGEST_SIDE
) -> Image.Image:
    """Open an image file, rotated as its EXIF orientation says.

    Raises
    ------
    MnistCoreError
        If it is missing. A `PictureError` if it is not an image, damaged, or larger than
        `largest_side` pixels on a side. The size is read from the header, so a decompression bomb
        is refused before it is decompressed.
    """
    name = source if isinstance(source, str | os.PathLike) else "the picture"
    try:
        with warnings.catch_warnings():
            # Pillow warns of large sizes, which are errors here, and of damaged metadata
            warnings.filterwarnings("ignore", module=r"PIL\.")
            image = Image.open(source, formats=FORMATS)
            _check_size(*image.size, largest_side)
            image.load()
            return ImageOps.exif_transpose(image)
    except PictureError as error:
        raise PictureError(f"{name}: {error}", error.problem, error.size) from error
    except FileNotFoundError as error:
        raise MnistCoreError(f"{name}: there is no such file") from error
    except UnidentifiedImageError as error:
        raise PictureError(
            f"{name}: not an image that can be read; give a PNG, JPEG, WebP, GIF, BMP, TIFF or "
            "AVIF file",
            "picture_format",
        ) from error
    except Image.DecompressionBombError as error:
        message = (
            f"{name}: the picture is too large to decompress; sides from {SMALLEST_SIDE} to "
            f"{largest_side} can be read, so scale or crop it"
        )
        raise PictureError(message, "picture_large") from error
    except (IsADirectoryError, PermissionError) as error:
        raise MnistCoreError(f"{name}: cannot be opened ({error.strerror})") from error
    except Exception as error:  # Pillow's decoders raise any exception for a damaged file
        message = f"{name}: cannot be read, the file is damaged ({error})"
        raise PictureError(message, "picture_damaged") from error


def to_grey(picture: Picture) -> Tensor:
    """Return a picture as `grey_image` does, as a tensor (1, 1, H, W)."""
    import torch

    return torch.from_numpy(grey_image(picture))[None, None]


def grey_image(picture: Picture) -> np.ndarray:
    """Return a picture as a grey image (H, W), float32 in [0, 1], longest side <= 512.

    Parameters
    ----------
    picture : PIL image of any mode, or array
        Arrays are (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); bool, uint8, uint16, or floats in
        [0, 1]; sides from 8 to 4000. The background of transparent pictures is black or white,
        whichever contrasts more with the rest.

    Raises
    ------
    MnistCoreError
        For another type, shape or dtype, a side out of range, NaN, or floats outside [0, 1].
    """
    image = picture if isinstance(picture, Image.Image) else _from_array(picture)
    _check_size(*image.size)
    try:
        grey = _to_floats(_reduced(_without_palette(image)))
    except MnistCoreError:
        raise
    except (OSError, SyntaxError, ValueError) as error:
        # a lazily opened file is decoded only here; and Pillow cannot convert LAB to grey
        raise PictureError(f"the picture cannot be read: {error}", "picture_damaged") from error
    # a new array, which may be written to
    return np.clip(grey, 0, 1, dtype=np.float32, order="C")


def _check_size(width: int, height: int, largest: int = LARGEST_SIDE) -> None:
    if min(width, height) < SMALLEST_SIDE or max(width, height) > largest:
        raise PictureError(
            f"the picture is {width} x {height} pixels; sides from {SMALLEST_SIDE} to "
            f"{largest} can be read, so scale or crop it",
            "picture_large" if max(width, height) > largest else "picture_small",
            (width, height),
        )


def _from_array(array: np.ndarray) -> Image.Image:
    if not isinstance(array, np.ndarray):
        if not hasattr(array, "__array__"):
            raise MnistCoreError(
                f"a picture must be a PIL image or an array, got {type(array).__name__}"
            )
        array = as_array(array, "the picture")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise MnistCoreError(
            f"array of shape {array.shape} is not a picture; give (H, W), (H, W, 1), (H, W, 3) or "
            "(H, W, 4)"
        )
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    _check_size(array.shape[1], array.shape[0])
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    elif array.dtype.newbyteorder("=") == np.uint16:
        array = (array / 257).round().astype(np.uint8)
    elif np.issubdtype(array.dtype, np.floating):
        _check_floats(array)
        if array.ndim == 2:
            return Image.fromarray(array.astype(np.float32))
        array = (array * 255).round().astype(np.uint8)
    elif array.dtype != np.uint8:
        raise MnistCoreError(
            f"arrays of {array.dtype} cannot be read; give bool, uint8, uint16 or floats in [0, 1]"
        )
    return Image.fromarray(np.ascontiguousarray(array))


def as_array(values: object, name: str) -> np.ndarray:
    """Return values, such as a tensor or a list, as an array.

    Raises MnistCoreError if they are none, such as a tensor on a GPU or with a gradient.
    """
    try:
        return np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise MnistCoreError(f"{name} cannot be made an array: {error}") from error


def _check_floats(array: np.ndarray) -> None:
    if not np.isfinite(array).all():
        raise MnistCoreError("the picture contains NaN or infinity; replace them first")
    if array.min() < 0 or array.max() > 1:
        raise MnistCoreError(
            f"float pictures must lie in [0, 1], this one spans {array.min():.3g} to "
            f"{array.max():.3g}; divide it, or give uint8"
        )


def _without_palette(image: Image.Image) -> Image.Image:
    """Return a mode that can be reduced: L, RGB, RGBA, I or F."""
    if image.mode == "F":
        _check_floats(np.asarray(image))
        return image
    if image.mode.startswith("I"):
        # mode I has 32 bits: mostly of 16-bit pictures, but also of 8-bit ones after convert("I")
        white = 255 if image.mode == "I" and image.getextrema()[1] <= 255 else 65535
        return image.convert("I").convert("F").point(lambda level: level * (1 / white) + 0)
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("RGB" if image.mode in _COLOURED else "L")


def _reduced(image: Image.Image) -> Image.Image:
    """Return the image with a longest side of at most 512 pixels."""
    longest = max(image.size)
    if longest <= CANVAS_LIMIT:
        return image
    size = [max(1, round(side * CANVAS_LIMIT / longest)) for side in image.size]
    return image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)


def _to_floats(image: Image.Image) -> np.ndarray:
    """Return float32 in [0, 1]; transparency is composited on black or white, by contrast."""
    if image.mode == "F":
        return np.asarray(image)
    if image.mode != "RGBA":
        return grey_of(image)
    grey = np.asarray(image.convert("L"), dtype=np.float32) / 255
    alpha = np.asarray(image.getchannel("A"), dtype=np.float32) / 255
    visible = (grey * alpha).sum() / max(float(alpha.sum()), 1e-6)
    behind = Image.new("RGBA", image.size, "white" if visible < 0.5 else "black")
    return grey_of(Image.alpha_composite(behind, image).convert("RGB"))
