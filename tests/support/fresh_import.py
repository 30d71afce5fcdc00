"""Code in a process that imports this project's packages anew, but not torch and the other ones."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess

_FORK = multiprocessing.get_context("fork")
_OWN = {"mnist_core", "pad", "board"}


def run_fresh(
    code: str,
    arguments: Sequence[str],
    folder: Path,
    *,
    paths: Sequence[str],
    output: Path,
    environment: Mapping[str, str],
    without: Sequence[str] = (),
) -> CompletedProcess[str]:
    """Run code as `python -c` does, in a process that is forked from this one.

    Parameters
    ----------
    code : str
    arguments : sequence of str
        `sys.argv[1:]`.
    folder : Path
        Its working directory.
    paths : sequence of str
        Where it looks for packages, before those of the environment; not in this checkout.
    output : Path
        An empty folder for what it prints.
    environment : mapping
        Variables in addition to those of this process.
    without : sequence of str
        Packages that it finds not installed, although this process may have imported them.
    """
    files = output / "stdout", output / "stderr"
    process = _FORK.Process(
        target=_run,
        args=(code, list(arguments), folder, list(paths), files, dict(environment), list(without)),
    )
    process.start()
    process.join()
    out, err = (file.read_text(encoding="utf-8") for file in files)
    return CompletedProcess(["-c", *arguments], process.exitcode, out, err)


def _run(
    code: str,
    arguments: list[str],
    folder: Path,
    paths: list[str],
    files: tuple[Path, Path],
    environment: dict[str, str],
    without: list[str],
) -> None:
    for number, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # pytest's replace them
    os.environ.update(environment)
    os.chdir(folder)
    checkout = Path(__file__).parents[2]
    own = {str(checkout), str(checkout / "tests"), ""}
    sys.path[:] = [*paths, *(path for path in sys.path if path not in own)]
    for name in list(sys.modules):
        if name.partition(".")[0] in _OWN:
            del sys.modules[name]
        elif name.partition(".")[0] in without:
            sys.modules[name] = None  # an imported submodule would be found without its package
    sys.modules.update(dict.fromkeys(without))
    sys.argv = ["-c", *arguments]
    exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
