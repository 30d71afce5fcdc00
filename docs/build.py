"""The API's pages, from the docstrings: one for each module of mnist_core.

    python docs/build.py FOLDER

Needs pdoc (requirements-dev.txt). A warning of pdoc, such as a type that cannot be found, is an
error.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import pkgutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
_LEFT_OUT = ("__main__", "cli")  # `--help` describes the commands


def modules(name: str) -> Iterator[str]:
    """Yield a package and all that is in it; of packages, the pages list what is in them."""
    package = importlib.import_module(name)
    found = sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name)
    inside = [module for module in found if module.name not in _LEFT_OUT]
    # what it exports is on the pages of the modules that define it
    package.__all__ = [module.name for module in inside]
    yield name
    for module in inside:
        if module.ispkg:
            yield from modules(f"{name}.{module.name}")
        else:
            yield f"{name}.{module.name}"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the pages; return the exit status."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(argv).folder
    sys.path.insert(0, str(ROOT))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        count = _write_pages(folder)
    except OSError as error:
        print(f"error: {folder}: the pages cannot be written ({error.strerror})", file=sys.stderr)
        return 2
    print(f"{folder / 'index.html'}: {count} pages")
    return 0


def _write_pages(folder: Path) -> int:
    """Write the pages; return their number."""
    gc.disable()  # to look for garbage takes 40% of the time, and nearly all objects are kept
    import pdoc

    # the stubs of packages say what these export
    pdoc.doc_pyi.include_typeinfo_from_stub_files = lambda module: None
    pdoc.render.configure(docformat="numpy", show_source=False, search=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        # pdoc looks for the types of a NamedTuple's constructor in the wrong place
        warnings.filterwarnings("ignore", r"Error parsing .*\.__init__\. Import of")
        # array.array can be subscripted from Python 3.12 on
        warnings.filterwarnings("ignore", r".*'array.array' is not subscriptable")
        names = list(modules("mnist_core"))
        pdoc.pdoc(names[0], output_directory=folder)
    return len(names)


if __name__ == "__main__":
    raise SystemExit(main())
