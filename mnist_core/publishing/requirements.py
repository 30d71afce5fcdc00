"""Pinned requirements for the modules that composed files import."""

from collections.abc import Iterable
from importlib.metadata import packages_distributions, version

from mnist_core.errors import MnistCoreError

_EXTRAS = {"gradio": "[mcp]"}
"""Extras of distributions whose further dependencies are needed."""


def pinned_requirements(modules: Iterable[str]) -> list[str]:
    """Return a line "name==version" for the installed distribution of each top-level module.

    Raises
    ------
    MnistCoreError
        If a module is not installed.
    """
    distributions = packages_distributions()
    lines: set[str] = set()
    for module in modules:
        if module not in distributions:
            raise MnistCoreError(f'{module} is not installed; pip install "drawpad[publish]"')
        name = distributions[module][0]
        # the part after "+" names a build that the package index may not have
        lines.add(f"{name.lower()}{_EXTRAS.get(name.lower(), '')}=={version(name).split('+')[0]}")
    return sorted(lines)
