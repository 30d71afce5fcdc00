"""Who may see the dashboard, and who may change something."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, page_text, press, show, unescape
from support.training import small

from board.__main__ import main
from board.access import visitors as access
from board.access.login_sessions import LoginSessions, login_sessions
from board.access.password import HASH, PASSWORD, Throttle, configured_hash, hash_password, matches
from board.access.visitors import Access, decide_access
from board.overview.table import SELECTED
from mnist_core import MnistCoreError
from mnist_core.models.registry import promoted_folder, weights_path
from mnist_core.runs import queue
from mnist_core.runs.limits import MAX_DISK_GB, MAX_QUEUED
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.search.job_control import start_job
from mnist_core.search.requests import RangeTestRequest

LOCAL = {"Host": "127.0.0.1:8501"}


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(queue, "start_worker", lambda root, device, lock: None)
    access.throttle.clear()
    yield tmp_path / "runs"
    access.throttle.clear()


@pytest.fixture
def visitor_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "current_access", lambda: Access.READ_ONLY)


@pytest.mark.parametrize(
    ("headers", "address", "expected"),
    [
        (LOCAL, None, Access.FULL),
        ({"Host": "localhost:8501"}, None, Access.FULL),
        ({"Host": "[::1]:8501"}, "::1", Access.FULL),
        (LOCAL, "192.0.2.7", Access.READ_ONLY),
        ({"Host": "192.0.2.1:8501"}, None, Access.READ_ONLY),
        ({**LOCAL, "X-Forwarded-For": "192.0.2.7"}, None, Access.READ_ONLY),
        ({"Host": "board.example.org"}, None, Access.READ_ONLY),
        ({"Host": "evil.example.com:8501"}, None, Access.UNKNOWN_HOST),
        ({"Host": "127.0.0.1.evil.example.com"}, None, Access.UNKNOWN_HOST),
        ({"Host": "localhost@evil.example.com"}, None, Access.UNKNOWN_HOST),
        ({"Host": "[::1"}, None, Access.UNKNOWN_HOST),
        ({"Host": ""}, None, Access.UNKNOWN_HOST),
    ],
)
def test_access_without_a_password(
    headers: dict[str, str], address: str | None, expected: Access
) -> None:
    def decide(**options: bool) -> Access:
        return decide_access(headers, address, hosts=["Board.example.org"], **options)

    assert decide(password=False, logged_in=False) is expected
    if expected is not Access.UNKNOWN_HOST:
        assert decide(password=True, logged_in=False) is Access.LOGIN
        assert decide(password=True, logged_in=True) is Access.FULL


def test_a_page_for_another_host_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "current_access", lambda: Access.UNKNOWN_HOST)
    page = open_page("watch")
    assert not page.title
    assert "--server.allowedHosts" in unescape(page.error[0].value)


def test_it_listens_on_this_machine_only() -> None:
    assert config.get_option("server.address") == "127.0.0.1"


def files(root: Path) -> dict[str, tuple[int, int]]:
    """Return every file with its time and size."""
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in root.parent.rglob("*")
        if path.is_file()
    }


CHANGING = (
    "runs.actions",
    "overview.actions",
    "promote.page",
    "search.jobs",
    "train.page",
)
"""Modules with buttons that change something."""


@pytest.mark.usefixtures("visitor_from_elsewhere")
@pytest.mark.parametrize("name", ["runs", "train", "watch", "promote", "search"])
def test_a_visitor_who_may_only_look_changes_nothing(
    name: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(small(), root, "stopped")
    run.update_state(status="stopped")
    folder = promoted_folder()
    folder.mkdir(parents=True)
    shutil.copy(weights_path("mnist_cnn"), folder / "promoted.safetensors")
    shutil.copy(weights_path("mnist_cnn"), run.weights_path)
    session = {} if name != "runs" else {SELECTED: (run.id,)}
    page = open_page(name, run.id, **session)
    assert "Read-only" in page_text(page)
    changing = {"Start", "Stop", "Resume", "Delete", "Save", "Promote", "Withdraw", "Archive"}
    assert not changing & {button.label for button in page.button if not button.disabled}
    # a browser may send that a disabled button was pressed
    for module in CHANGING:
        monkeypatch.setattr(f"board.{module}.may_change", lambda: True)
    before = files(root)
    for label in sorted(changing & {button.label for button in page.button}):
        page = press(open_page(name, run.id, **session), label)
        if any(button.key == "confirm" for button in page.button):
            show(page.button(key="confirm").click().run())
        assert files(root) == before, label


def login(page: AppTest, given: str) -> AppTest:
    page.text_input[0].set_value(given)
    return press(page, "Log in")


def test_a_password_is_asked_for_and_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "correct horse")
    page = open_page("watch")
    assert page.title[0].value == "Drawpad dashboard"
    assert not page.selectbox
    assert page.text_input[0].autocomplete == "current-password", "no browser offers a new one"
    page = login(page, "wrong")
    assert "not the password" in page.error[0].value
    page = login(page, "correct horse")
    assert page.title[0].value == "Watch a run"
    page = open_page("watch")
    for _ in range(5):
        page = login(page, "wrong")
    page = login(page, "correct horse")
    assert "too many wrong passwords" in page.error[0].value


def test_a_login_outlives_a_reload_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "correct horse")
    page = login(open_page("watch"), "correct horse")
    token = kept(page)["keep"]
    assert len(token) > 40
    again = open_page("watch")
    assert kept(again) == {"keep": None}, "the tab is asked for its token"
    # what the tab answers is handled before the page is drawn: see tests/browser
    assert login_sessions().is_valid(token, configured_hash())
    page = press(page, "Log out")
    assert page.title[0].value == "Drawpad dashboard"
    assert kept(page) == {"keep": ""}, "the tab forgets it"
    assert not login_sessions().is_valid(token, configured_hash())


def kept(page: AppTest) -> dict[str, str | None]:
    """Return what the tab is to do with its token."""
    blocks = page.get("bidi_component")
    found = [json.loads(block.proto.json) for block in blocks if block.proto.json]
    (data,) = [data for data in found if "keep" in data]
    return data


def test_tokens_of_logins() -> None:
    now = [0.0]
    sessions = LoginSessions(lambda: now[0])
    first, second = sessions.create("hash"), sessions.create("hash")
    assert first != second
    assert sessions.is_valid(first, "hash")
    assert not sessions.is_valid(first, "hash of another password")
    assert not sessions.is_valid("x", "hash")
    sessions.end(first)
    assert not sessions.is_valid(first, "hash")
    now[0] = 12 * 3600.0
    assert not sessions.is_valid(second, "hash")
    tokens = [sessions.create("hash") for _ in range(1001)]
    assert [sessions.is_valid(one, "hash") for one in tokens[:2]] == [False, True]


def test_hashes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("getpass.getpass", lambda prompt: "pässword")
    assert main(["hash-password"]) == 0
    hashed = capsys.readouterr().out.strip()
    assert "pässword" not in hashed
    assert hashed != hash_password("pässword")  # another salt
    assert matches("pässword", hashed)
    assert matches("pa\u0308ssword", hashed), "the same letters, of another keyboard"
    assert not matches("password", hashed)
    assert not matches("", hashed)
    monkeypatch.setenv(HASH, hashed)
    assert configured_hash() == hashed
    for damaged in ("", "scrypt:x", hashed.replace("scrypt", "md5"), hashed[:-9] + "é"):
        with pytest.raises(MnistCoreError, match="hash-password"):
            matches("pässword", damaged)
    with pytest.raises(MnistCoreError, match="empty"):
        hash_password("")


def test_failed_attempts_are_limited_for_an_address_and_for_all() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for _ in range(5):
        assert not throttle.attempt("a", lambda: False)
    with pytest.raises(MnistCoreError, match="in 60 s"):
        throttle.attempt("a", lambda: True)
    assert throttle.attempt("b", lambda: True)
    now[0] = 60.0
    assert throttle.attempt("a", lambda: True)
    for number in range(100):
        assert not throttle.attempt(f"address {number}", lambda: False)
    with pytest.raises(MnistCoreError, match="too many"):
        throttle.attempt("b", lambda: True)


def test_weights_are_chosen_by_name_only(root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.safetensors"
    secret.write_bytes(b"")
    page = open_page("train", form_base=small(init_weights=str(secret)))
    assert "a file can be given on the command line only" in unescape(page.error[0].value)
    assert next(one for one in page.button if one.label == "Start").disabled
    page = open_page("search")
    page = show(page.button_group[0].set_value("sweep").run())
    show(page.multiselect(key="sweep-fields").set_value(["teacher"]).run())
    for value, allowed in (("mnist_cnn", True), (str(secret), False), ("../secret", False)):
        show(page.text_input(key="sweep-values-teacher").set_value(value).run())
        assert bool(page.error) is not allowed
    assert "teacher is '../secret'" in unescape(page.error[0].value)


def test_limits_of_the_queue_and_of_the_disk(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MAX_QUEUED, "1")
    press(open_page("train"), "Start")
    page = press(open_page("train"), "Start")
    assert MAX_QUEUED in unescape(page.error[0].value)
    assert len(list_runs(root)) == 1
    monkeypatch.setenv(MAX_QUEUED, "0")
    with (list_runs(root)[0].folder / "large").open("wb") as file:
        os.truncate(file.fileno(), 2 * 10**9)  # takes no space
    monkeypatch.setenv(MAX_DISK_GB, "1.5")
    page = press(open_page("train"), "Start")
    assert MAX_DISK_GB in unescape(page.error[0].value)
    monkeypatch.setenv(MAX_DISK_GB, "much")
    page = press(open_page("train"), "Start")
    assert "give a number from 0" in page.error[0].value
    assert len(list_runs(root)) == 1
    monkeypatch.setenv(MAX_DISK_GB, "3")
    press(open_page("train"), "Start")
    assert len(list_runs(root)) == 2


@pytest.mark.usefixtures("visitor_from_elsewhere")
@pytest.mark.parametrize("name", ["runs", "watch", "search"])
def test_a_visitor_who_may_only_look_starts_no_worker(
    name: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(small(), root, "waiting")
    queue.enqueue(run)
    start_job(RangeTestRequest(config=small()), root)
    started: list[str] = []
    monkeypatch.setattr(queue, "start_worker", lambda root, device, lock: started.append(device))
    page = open_page(name, run.id)
    assert page.title
    assert not started
