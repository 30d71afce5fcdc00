"""The folder of a Hugging Face Space that runs the pad: what it needs, and no torch."""

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from mnist_core.errors import MnistCoreError
from mnist_core.inference.graph_files import load_graph
from mnist_core.inference.imaging_graphs import GRAPHS
from mnist_core.models.registry import (
    graph_path,
    imaging_graph_path,
    model_path,
    shipped_models,
    weights_path,
)
from mnist_core.publishing.folder import (
    MAX_FILE_BYTES,
    add_file,
    check_sizes,
    license_text,
    megabytes,
    new_folder,
)
from mnist_core.publishing.import_closure import import_closure
from mnist_core.publishing.requirements import pinned_requirements
from mnist_core.utils.extras import requires_extra

_PACKAGE = Path(__file__).resolve().parents[1]
_WITHOUT = ("torch", "torchvision")

_LARGEST_GRAPH = 5 * 2**20
"""Models with larger graphs are left out unless they are named."""

_BUILD_FOLDERS = ("src", "tests", "scripts", "node_modules", "__pycache__")
_BUILD_FILES = ("package.json", "package-lock.json", "tsconfig.json", "manifest.json")
"""What of pad/web is for building the page's scripts, as in pyproject.toml."""

_APP = '''"""The pad, as a Space. Composed by `mnist-core publish`."""
from pad.__main__ import main
raise SystemExit(main())
'''

_README = """
# Drawpad for digits

Draw a digit with mouse, finger or pen, and watch a convolutional network classify it: ten
probabilities, the network's input and its feature maps, while you draw. The network runs in the
browser (onnxruntime-web); drawings and pictures stay there, and the server answers only where the
browser cannot run it. Nothing is stored.

Models: {models}.

API: `gradio_client` at `/classify`, and an MCP tool at `/gradio_api/mcp/`.
"""


class ComposedSpace(NamedTuple):
    """The models of a composed Space, and those that are left out, each with the reason."""

    models: list[str]
    left_out: dict[str, str]


def compose_space(folder: Path, models: Sequence[str] = ()) -> ComposedSpace:
    """Compose the folder of a Space.

    Parameters
    ----------
    folder : Path
        New or empty.
    models : sequence of str
        Shipped or promoted names; the pad offers "default" first. Empty: all shipped models whose
        graph has at most 5 MiB.

    Raises
    ------
    MnistCoreError
        If the pad or its dependencies are not installed, a model is unknown or its graph too
        large, the pad's process would need torch, or the folder is not empty.
    """
    pad = _pad_folder()
    left_out = {} if models else _too_large()
    chosen = list(dict.fromkeys(models)) or [n for n in shipped_models() if n not in left_out]
    weights = {name: _model_files(name) for name in chosen}
    with new_folder(folder):
        add_file(folder, "app.py", _APP)
        add_file(folder, "README.md", _front_matter() + _README.format(models=", ".join(chosen)))
        add_file(folder, "LICENSE", license_text())
        third_party = _add_code(folder, pad)
        add_file(folder, "requirements.txt", "\n".join(pinned_requirements(third_party)) + "\n")
        for path in _web_files(pad):
            add_file(folder, f"pad/{path.relative_to(pad).as_posix()}", path)
        for name in GRAPHS:
            add_file(folder, f"weights/imaging/{name}.onnx", imaging_graph_path(name))
        for name, files in weights.items():
            for suffix, path in files.items():
                add_file(folder, f"weights/{name}{suffix}", path)
        check_sizes(folder)
    return ComposedSpace(chosen, left_out)


def _pad_folder() -> Path:
    """Return the folder of the package `pad`, in the checkout or the installation."""
    spec = importlib.util.find_spec("pad")
    places = spec.submodule_search_locations if spec else None
    folder = Path(next(iter(places))) if places else None
    if folder is None or not (folder / "page.py").is_file():
        raise MnistCoreError('the pad is not installed; pip install "drawpad[publish]"')
    return folder


def _too_large() -> dict[str, str]:
    reason = f"its graph has more than {_LARGEST_GRAPH / 2**20:.0f} MiB; name it with --models"
    return {name: reason for name in shipped_models() if not _has_small_graph(name)}


def _has_small_graph(name: str) -> bool:
    path = graph_path(weights_path(name))
    return path.is_file() and path.stat().st_size <= _LARGEST_GRAPH


def _model_files(name: str) -> dict[str, Path]:
    """Return a model's weights, graph and card by their suffix."""
    path = model_path(name)
    if path is None:
        raise MnistCoreError(
            f"no model {name!r} is shipped or promoted; `mnist-core weights` lists the names"
        )
    graph = load_graph(path).path
    if (size := graph.stat().st_size) > MAX_FILE_BYTES:
        raise MnistCoreError(
            f"the graph of {name} has {megabytes(size)}, more than {megabytes(MAX_FILE_BYTES)}; "
            "leave it out of --models"
        )
    files = {".safetensors": path, ".onnx": graph, ".json": path.with_suffix(".json")}
    return {suffix: file for suffix, file in files.items() if file.is_file()}


def _add_code(folder: Path, pad: Path) -> frozenset[str]:
    """Add the modules that the pad's process can import; return the others that they import."""
    packages = {"pad": pad, "mnist_core": _PACKAGE}
    roots = [f"pad.{path.stem}" for path in pad.glob("*.py") if path.stem != "__init__"]
    closure = import_closure(roots, packages, _WITHOUT)
    for name, path in closure.files.items():
        package = name.partition(".")[0]
        for file in (path, path.with_suffix(".pyi")):  # lazy_loader reads the stubs of packages
            if file == path or (path.stem == "__init__" and file.is_file()):
                relative = file.relative_to(packages[package]).as_posix()
                add_file(folder, f"{package}/{relative}", file)
    return closure.third_party


def _web_files(pad: Path) -> Iterator[Path]:
    """Yield the files that the page uses."""
    web = pad / "web"
    for path in sorted(web.rglob("*")):
        parts = path.relative_to(web).parts
        if path.is_file() and parts[0] not in _BUILD_FOLDERS and path.name not in _BUILD_FILES:
            yield path


def _front_matter() -> str:
    with requires_extra("publish"):
        from huggingface_hub import SpaceCardData
    settings = SpaceCardData(
        title="Drawpad for digits",
        emoji="✍️",
        colorFrom="red",
        colorTo="yellow",
        sdk="gradio",
        sdk_version=version("gradio"),
        app_file="app.py",
        python_version=f"{sys.version_info.major}.{sys.version_info.minor}",
        license="apache-2.0",
        short_description="Draw a digit and watch a convolutional network classify it.",
        tags=["mnist", "image-classification", "onnx"],
    )
    return f"---\n{settings.to_yaml()}\n---\n"
