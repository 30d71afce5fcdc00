"""`publish`: compose a Space with the pad, or a model repository, and upload it to the Hub."""

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mnist_core.cli.commands.options import WEIGHTS_HELP, Subparsers, add_runs_option
from mnist_core.cli.terminal import print_line, print_table
from mnist_core.errors import MnistCoreError
from mnist_core.utils.arguments import name_argument, path_argument


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "publish",
        help="upload the pad as a Space, or a model, to the Hugging Face Hub",
        description="Compose a folder with what the pad needs, without torch, or with a model, its "
        "graph, card and an example, and upload it to the Hugging Face Hub. The token is that of "
        "HF_TOKEN or of `hf auth login`.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--space", type=name_argument, metavar="NAME", help="the Space's name: NAME or USER/NAME"
    )
    what.add_argument("--model", type=name_argument, metavar="NAME", help=WEIGHTS_HELP)
    parser.add_argument(
        "--models",
        nargs="+",
        type=name_argument,
        default=[],
        metavar="NAME",
        help="the Space's models, shipped or promoted; default: all shipped ones with a graph",
    )
    parser.add_argument(
        "--repo",
        type=name_argument,
        metavar="NAME",
        help="the model's repository: NAME or USER/NAME; default: --model",
    )
    parser.add_argument(
        "--output", type=path_argument, metavar="FOLDER", help="keep what is composed here"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="list files and sizes; upload nothing"
    )
    parser.add_argument(
        "--update", action="store_true", help="replace all files of a repository that exists"
    )
    add_runs_option(parser)
    parser.set_defaults(run=_publish)


def _publish(args: argparse.Namespace) -> int:
    from mnist_core.publishing.hub import check_repo, check_token

    if args.space is not None and args.repo is not None:
        raise MnistCoreError("--repo names the repository of a --model; --space has a name already")
    if args.model is not None and args.models:
        raise MnistCoreError("--models chooses those of a --space; give one --model")
    title = "" if args.model is None else _title(args.model, args.runs)
    repo = args.space if args.space is not None else args.repo or title
    try:
        check_repo(repo)
    except MnistCoreError as error:
        if args.model is None or args.repo is not None:
            raise
        raise MnistCoreError(f"{error}; --repo names the repository") from error
    if not args.dry_run:
        check_token()
    with _folder(args.output) as folder:
        if args.space is not None:
            notes = _compose_space(folder, args)
        else:
            notes = _compose(folder, args, title)
        _print_files(folder, notes)
        if args.dry_run:
            print_line("nothing is uploaded")
            return 0
        print_line(f"wrote {_upload(folder, repo, args)}")
    return 0


def _upload(folder: Path, repo: str, args: argparse.Namespace) -> str:
    from mnist_core.publishing.hub import upload

    try:
        kind = "space" if args.space is not None else "model"
        return upload(folder, repo, kind, update=args.update)
    except MnistCoreError as error:
        if args.output is None:
            raise
        raise MnistCoreError(
            f"{error}; {args.output} has what was composed: give another --output, or none"
        ) from error


def _compose_space(folder: Path, args: argparse.Namespace) -> list[str]:
    from mnist_core.publishing.space_folder import compose_space

    space = compose_space(folder, args.models)
    left_out = [f"{name} is left out: {reason}" for name, reason in space.left_out.items()]
    return [f"models: {', '.join(space.models)}", *left_out]


def _compose(folder: Path, args: argparse.Namespace, title: str) -> list[str]:
    from mnist_core.publishing.model_folder import compose_model
    from mnist_core.runs.run_list import find_weights

    compose_model(folder, find_weights(args.model, args.runs), title)
    return []


def _title(model: str, runs: str | None) -> str:
    """Return what the model is called: a file without its suffix, or a run's name, else its id."""
    from mnist_core.runs.run_list import as_file_name, find_weights, run_of_weights

    path = find_weights(model, runs)
    if (run := run_of_weights(path)) is None:
        return path.stem
    name = run.read_state().name
    return run.id if name == run.id else as_file_name(name) or run.id


@contextlib.contextmanager
def _folder(output: Path | None) -> Iterator[Path]:
    """Give the folder to compose: the one that is kept, or a temporary one."""
    if output is not None:
        yield output
        print_line(f"composed in {output}")
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary) / "composed"


def _print_files(folder: Path, notes: list[str]) -> None:
    from mnist_core.publishing.folder import file_sizes, megabytes

    sizes = file_sizes(folder)
    print_table(("file", "bytes"), ((n, f"{size:,}") for n, size in sizes.items()), align="lr")
    print_line(
        f"{len(sizes)} files, {megabytes(sum(sizes.values()))}, "
        f"the largest {megabytes(max(sizes.values()))}"
    )
    for note in notes:
        print_line(note)
