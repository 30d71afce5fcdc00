"""axe-core, which finds violations of the accessibility guidelines in a page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from support.chromium import ROOT

AXE = ROOT / "pad/web/node_modules/axe-core/axe.min.js"


def axe_violations(page: Page) -> list[str]:
    """Return what axe-core finds in a page: rule, reason and element of each violation."""
    if not AXE.is_file():
        pytest.skip("needs node 20 or later and, in pad/web, `npm ci`")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    # `preload` fetches style sheets and media, which only rules about orientation and audio read
    found = page.evaluate(
        "async () => (await axe.run({ resultTypes: ['violations'], preload: false })).violations"
    )
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for rule in found
        for node in rule["nodes"]
    ]
