"""pyproject.toml declares what the code imports; the requirements files agree with it."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from support.chromium import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
OWN = {"mnist_core", "pad", "board", "benchmarks", "tests", "support"}
ON_REQUEST = {"atheris"}
"""Imported by a script only that says how to install it."""
USES = {
    "mnist_core": ("search", "export", "publish"),
    "pad": ("pad",),
    "board": ("dashboard",),
    "benchmarks": ("dev",),
    "tests": ("dev",),
}
"""What each package may import besides the core's dependencies: the extras that bring it."""


def parse(lines: Iterable[str]) -> dict[str, Requirement]:
    """Return requirements by canonical name."""
    found = [Requirement(line) for line in lines]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def expand(extra: str) -> dict[str, Requirement]:
    """Return an extra's requirements with those of the extras that it refers to."""
    own = parse(EXTRAS[extra])
    nested = own.pop("drawpad", None)
    for name in nested.extras if nested else ():
        own |= expand(name)
    return own


def read_requirements(path: str) -> dict[str, Requirement]:
    """Return the requirements of a file, without those of other files that it names."""
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    return parse(line for line in lines if line and line[0] not in "#-")


def lowest(requirement: Requirement) -> Version:
    """Return the lower bound."""
    return max(Version(s.version) for s in requirement.specifier if s.operator in (">=", "~="))


CORE = parse(PROJECT["dependencies"])
EVERYTHING = CORE | expand("all")


def imported(package: str) -> dict[str, Path]:
    """Return the top-level modules that a package imports, each with a file that does."""
    found: dict[str, Path] = {}
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found |= {name.partition(".")[0]: path for name in names}
    return found


@pytest.mark.parametrize("package", USES)
def test_every_third_party_import_is_declared(package: str) -> None:
    allowed = set(CORE).union(*(expand(extra) for extra in USES[package]))
    distributions = packages_distributions() | {"google": ["protobuf"]}  # a namespace package
    undeclared = [
        f"{path.relative_to(ROOT)} imports {module}"
        for module, path in imported(package).items()
        if module not in sys.stdlib_module_names
        and module not in OWN | ON_REQUEST
        and not allowed & {canonicalize_name(name) for name in distributions.get(module, [module])}
    ]
    assert not undeclared


def test_every_dependency_has_a_lower_bound_and_what_users_install_an_upper_one() -> None:
    assert all(
        lowest(requirement) for requirement in [*EVERYTHING.values(), *expand("dev").values()]
    )
    assert not [
        str(requirement)
        for requirement in EVERYTHING.values()
        if not any(specifier.operator in ("<", "<=", "~=") for specifier in requirement.specifier)
    ]


def test_requirements_are_those_of_the_project() -> None:
    written = read_requirements("requirements.txt")
    assert written.keys() == EVERYTHING.keys()
    for name, requirement in written.items():
        if name in ("torch", "torchvision"):  # the project allows older ones as well
            assert lowest(requirement) >= lowest(EVERYTHING[name])
            assert lowest(requirement) in EVERYTHING[name].specifier
        else:
            assert requirement == EVERYTHING[name]


def test_requirements_for_development_are_those_of_the_extra() -> None:
    written = read_requirements("requirements-dev.txt")
    assert "-r requirements.txt" in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    extra = {name: value for name, value in expand("dev").items() if name not in EVERYTHING}
    assert written == extra


def test_constraints_are_within_the_bounds() -> None:
    pinned = read_requirements("constraints.txt")
    installable = read_requirements("requirements.txt") | read_requirements("requirements-dev.txt")
    assert installable.keys() <= pinned.keys()
    for name, requirement in installable.items():
        (pin,) = pinned[name].specifier
        assert pin.operator == "=="
        assert pin.version in requirement.specifier, name
