"""The pad's bundled script: built from the present sources; its unit tests pass."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from support.chromium import ROOT

WEB = ROOT / "pad/web"
DIST = WEB / "dist"
CONFIGURATION = ("package-lock.json", "package.json", "scripts/build.mjs", "tsconfig.json")
NPM = shutil.which("npm")
REBUILD = "run `npm ci && npm run build` in pad/web and commit pad/web/dist"

needs_node = pytest.mark.skipif(
    NPM is None or not (WEB / "node_modules").is_dir(),
    reason="needs node 20 or later and, in pad/web, `npm ci`",
)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest_of_sources() -> str:
    """Return the digest that scripts/build.mjs writes for the files that the bundle is made of."""
    sources = [str(path.relative_to(WEB)) for path in (WEB / "src").rglob("*") if path.is_file()]
    lines = [f"{digest(WEB / name)}  {name}\n" for name in sorted([*CONFIGURATION, *sources])]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def npm(*arguments: str) -> None:
    """Run npm in pad/web; a failure shows its output."""
    assert NPM is not None
    environment = {**os.environ, "NO_COLOR": "1"}
    process = subprocess.run(
        (NPM, *arguments),
        cwd=WEB,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stdout


def test_bundle_is_built_from_the_present_sources() -> None:
    manifest = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sources"] == digest_of_sources(), f"pad/web/src has changed: {REBUILD}"
    found = {path.name: digest(path) for path in DIST.iterdir() if path.name != "manifest.json"}
    assert manifest["files"] == found, f"pad/web/dist was edited: {REBUILD}"


def test_bundle_names_nothing_of_the_machine_that_built_it() -> None:
    for script in ("sketchpad.js", "recognizer.js"):
        text = (DIST / script).read_text(encoding="utf-8")
        for name in (str(ROOT), str(Path.home()), "node_modules", "sourceMappingURL"):
            assert name not in text


@needs_node
def test_build_gives_the_same_bundle_again(tmp_path: Path) -> None:
    npm("run", "build", "--", str(tmp_path))
    for file in DIST.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), f"{file.name}: {REBUILD}"


@needs_node
@pytest.mark.parametrize("script", ["check", "test"])
def test_types_and_unit_tests_of_the_modules(script: str) -> None:
    npm("run", script)
