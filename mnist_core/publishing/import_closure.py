"""Which files of some packages a program can import, found in their source without importing it."""

import ast
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mnist_core.errors import MnistCoreError


@dataclass(frozen=True)
class ImportClosure:
    """What a program imports.

    Attributes
    ----------
    files : dict of str to Path
        The file of each module of the own packages, by its dotted name.
    third_party : frozenset of str
        Top-level names of the modules of other distributions, without those that are left out.
    """

    files: dict[str, Path]
    third_party: frozenset[str]


@dataclass
class _Imports:
    """Dotted names that a module imports: when it is imported itself, and later in functions."""

    eager: set[str] = field(default_factory=set)
    lazy: set[str] = field(default_factory=set)


def import_closure(
    roots: Iterable[str], packages: Mapping[str, Path], without: Collection[str] = ()
) -> ImportClosure:
    """Return the modules that some modules import, directly and through others.

    Imports inside functions count unless they lead to a module in `without`; imports for type
    checkers do not count. Names of a package with a stub (lazy_loader) are found in its stub.

    Parameters
    ----------
    roots : iterable of str
        Dotted names to start from.
    packages : mapping of str to Path
        The own packages and their folders.
    without : collection of str
        Top-level names of third-party modules that must not be needed, such as "torch".

    Raises
    ------
    MnistCoreError
        If a root cannot be imported without one of `without`, or a file is not Python.
    """
    source = _Source(packages, frozenset(without))
    files: dict[str, Path] = {}
    third_party: set[str] = set()
    waiting = sorted(roots)
    for root in waiting:
        if needed := source.needed(root):
            raise MnistCoreError(f"{root} cannot be imported without {needed}")
    while waiting:
        name = waiting.pop()
        if name in files:
            continue
        files[name] = source.file(name)
        imports = source.imports(name)
        lazy = {other for other in imports.lazy if not source.needed(other)}
        for other in imports.eager | lazy:
            if source.is_own(other):
                waiting.append(other)
            elif _top(other) not in sys.stdlib_module_names:
                third_party.add(_top(other))
    return ImportClosure(dict(sorted(files.items())), frozenset(third_party))


class _Source:
    """The source of the own packages, parsed once a file."""

    def __init__(self, packages: Mapping[str, Path], without: frozenset[str]) -> None:
        self._packages = packages
        self._without = without
        self._imports: dict[str, _Imports] = {}
        self._stubs: dict[str, dict[str, str]] = {}
        self._needed: dict[str, str] = {}

    def is_own(self, name: str) -> bool:
        return _top(name) in self._packages

    def file(self, name: str) -> Path:
        """Return the file of a module. Raises MnistCoreError if there is none."""
        found = self._file(name)
        if found is None:
            raise MnistCoreError(f"no module {name}")
        return found

    def needed(self, name: str) -> str:
        """Return one of `without` that is imported together with a module; empty if none is."""
        if name not in self._needed:
            self._needed[name] = self._find_needed(name)
        return self._needed[name]

    def imports(self, name: str) -> _Imports:
        """Return what a module of the own packages imports, its own package included."""
        if name not in self._imports:
            self._imports[name] = self._read_imports(name)
        return self._imports[name]

    def _find_needed(self, name: str) -> str:
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if _top(current) in self._without:
                return _top(current)
            if current not in seen and self.is_own(current):
                waiting += self.imports(current).eager
            seen.add(current)
        return ""

    def _read_imports(self, name: str) -> _Imports:
        path = self.file(name)
        imports = _Imports()
        if "." in name:
            imports.eager.add(name.rpartition(".")[0])
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for node, is_eager in _import_nodes(_parse(path).body, is_eager=True):
            found = imports.eager if is_eager else imports.lazy
            found |= {other for names in _names(node, package) for other in self._resolve(*names)}
        return imports

    def _resolve(self, module: str, name: str) -> Iterator[str]:
        """Yield the modules that `from module import name` imports; of others, only their name."""
        yield module
        if not self.is_own(module) or not name:
            return
        if self._file(f"{module}.{name}") is not None:
            yield f"{module}.{name}"
        elif (defined_in := self._stub(module).get(name)) is not None:
            yield defined_in

    def _stub(self, package: str) -> dict[str, str]:
        """Return where the names of a package's stub are defined."""
        if package not in self._stubs:
            path = self.file(package).with_suffix(".pyi")
            nodes = _parse(path).body if path.is_file() else []
            self._stubs[package] = {
                name: module
                for node in nodes
                if isinstance(node, ast.ImportFrom)
                for module, name in _names(node, package)
            }
        return self._stubs[package]

    def _file(self, name: str) -> Path | None:
        top, *parts = name.split(".")
        path = self._packages[top].joinpath(*parts)
        candidates = (path / "__init__.py", path.with_name(f"{path.name}.py"))
        return next((file for file in candidates if file.is_file()), None)


def _import_nodes(
    body: Iterable[ast.AST], is_eager: bool
) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Yield the import statements, each with whether it runs when the module is imported."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, is_eager
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield from _import_nodes(node.orelse, is_eager)
        else:
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _import_nodes(ast.iter_child_nodes(node), is_eager and not is_function)


def _names(node: ast.Import | ast.ImportFrom, package: str) -> list[tuple[str, str]]:
    """Return (module, name) of each imported name; the name is empty for `import module`."""
    if isinstance(node, ast.Import):
        return [(alias.name, "") for alias in node.names]
    module = node.module or ""
    if node.level:
        base = package.split(".")[: len(package.split(".")) - node.level + 1]
        module = ".".join([*base, *filter(None, [module])])
    return [(module, alias.name) for alias in node.names]


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError) as error:
        raise MnistCoreError(f"{path}: cannot be read as Python ({error})") from error


def _top(name: str) -> str:
    return name.partition(".")[0]
