"""Upload of a composed folder to the Hugging Face Hub, with errors that say what to do."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mnist_core.errors import MnistCoreError
from mnist_core.publishing.folder import file_sizes
from mnist_core.utils.extras import requires_extra
from mnist_core.utils.text import single_line

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

RepoType = Literal["space", "model"]

_LOG_IN = "set HF_TOKEN or run `hf auth login`; https://huggingface.co/settings/tokens makes one"
_AGAIN = "run the same command again; what is uploaded is not sent again"
# what the Hub puts into a new repository
_INITIAL_FILES = {".gitattributes", "README.md"}


def check_repo(repo: str) -> None:
    """Raise MnistCoreError if a name, "USER/NAME" or "NAME", is not one that the Hub allows."""
    with requires_extra("publish"):
        from huggingface_hub.errors import HFValidationError
        from huggingface_hub.utils import validate_repo_id
    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise MnistCoreError(
            f"{repo!r} is no name for a repository; give NAME or USER/NAME, each of letters, "
            "digits, '-', '_' and '.', at most 96 of them, without '--', '..' and '.git'"
        ) from error


def check_token() -> None:
    """Raise MnistCoreError if there is no token for the Hub, or what is there is none."""
    with requires_extra("publish"):
        from huggingface_hub import constants, get_token
    try:
        token = get_token()
    except (OSError, UnicodeError) as error:
        raise MnistCoreError(
            f"{constants.HF_TOKEN_PATH}: the token cannot be read ({single_line(str(error))}); "
            f"{_LOG_IN}"
        ) from error
    if not token:
        raise MnistCoreError(f"there is no token for the Hugging Face Hub; {_LOG_IN}")
    if not (token.isascii() and token.isprintable()):  # no header of a request can have it
        raise MnistCoreError(f"the token has characters that no token has; {_LOG_IN}")


def upload(folder: Path, repo: str, kind: RepoType, *, update: bool = False) -> str:
    """Upload a folder to a repository on the Hub, which is created; return its address.

    A repository that has nothing but some of the same files is one whose upload broke off: the
    others are added.

    Parameters
    ----------
    folder : Path
        All its files are uploaded.
    repo : str
        "USER/NAME", or "NAME" for the user whom the token belongs to.
    kind : {"space", "model"}
    update : bool
        Replace all files of a repository that exists.

    Raises
    ------
    MnistCoreError
        If the name is invalid or taken, there is no token or it has too few rights, or the upload
        fails; the message says what to do.
    """
    check_repo(repo)
    check_token()
    with _explained():
        from huggingface_hub import HfApi

        api = HfApi(library_name="drawpad")
        repo = repo if "/" in repo else f"{api.whoami()['name']}/{repo}"
        exists = api.repo_exists(repo, repo_type=kind)
        if exists and not update and not _is_unfinished(api, repo, kind, folder):
            raise MnistCoreError(
                f"{repo} exists and has other files; give another name, or --update to replace them"
            )
        if not exists:
            sdk = "gradio" if kind == "space" else None
            api.create_repo(repo, repo_type=kind, space_sdk=sdk)
        api.upload_folder(
            repo_id=repo,
            folder_path=folder,
            repo_type=kind,
            commit_message="Upload by mnist-core publish",
            delete_patterns="*" if exists and update else None,
        )
        return f"{api.endpoint}/{'spaces/' if kind == 'space' else ''}{repo}"


def _is_unfinished(api: HfApi, repo: str, kind: RepoType, folder: Path) -> bool:
    """Return whether a repository has only files that are uploaded, and the Hub's first ones."""
    from huggingface_hub.hf_api import RepoFile

    own = file_sizes(folder)
    return all(
        file.path in _INITIAL_FILES or (file.path in own and _is_same(file, folder / file.path))
        for file in api.list_repo_tree(repo, recursive=True, repo_type=kind)
        if isinstance(file, RepoFile)
    )


def _is_same(remote: RepoFile, local: Path) -> bool:
    from huggingface_hub.utils.sha import git_hash

    content = local.read_bytes()
    if remote.lfs is not None:
        return remote.lfs.sha256 == hashlib.sha256(content).hexdigest()
    return remote.blob_id == git_hash(content)


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Turn what the Hub's client raises into a MnistCoreError."""
    try:
        yield
    except MnistCoreError:
        raise
    except Exception as error:  # the client, httpx2 and hf_xet have no common base class
        raise MnistCoreError(_advice(error)) from error


def _advice(error: BaseException) -> str:
    """Return what happened and what to do."""
    status = next(filter(None, map(_status, _chain(error))), None)
    # the Hub's answer is in the last error that was raised, the network's fault in the first
    reason = single_line(str(list(_chain(error))[0 if status else -1]), 300)
    if status == 401:
        return f"the Hub does not accept the token; {_LOG_IN}"
    if status == 402:
        return f"the Hub asks for a paid plan for this repository ({reason})"
    if status == 403:
        return f"the token has not enough rights; make one that may write to it, then {_LOG_IN}"
    if status == 404:
        return "the Hub does not find the repository, or the token may not see it; check its name"
    if status == 409:
        return "the name is taken, or another upload to it is running; wait, or give another name"
    if status == 429:
        return f"the Hub has had too many requests from this account; wait, then {_AGAIN}"
    if status is not None and status < 500:
        return f"the Hub refuses the upload: {reason}"
    return f"the Hub cannot be reached, or the upload broke off ({reason}); {_AGAIN}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__


def _status(error: BaseException) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)
