"""The process that serves the pad imports no torch, and parses no sources of Gradio."""

from __future__ import annotations

import subprocess
import sys

from support.chromium import ROOT

SERVE = """
import gc
gc.disable()  # a program that ends soon: to look for garbage takes a fifth of its time
import sys, urllib.request
import ast
parsed, segment = [], ast.get_source_segment
ast.get_source_segment = lambda code, node: parsed.append(node.name) or segment(code, node)
from pad.functions import server_functions
from pad.model_registry import ModelRegistry
from pad.page import build_page, launch_options

registry = ModelRegistry()
page = build_page(registry)
_, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options(registry))
assert urllib.request.urlopen(url, timeout=60).status == 200
functions = {function.__name__: function for function in server_functions(registry)}
assert functions["describe_model"]({"model": "default"})["architecture"]
import base64, numpy as np
ink = np.zeros((56, 56), np.uint8)
ink[8:48, 26:31] = 255
request = {"model": "default", "ink": base64.b64encode(ink.tobytes()).decode(), "layers": ["conv1"]}
print(functions["classify_ink"](request)["digit"], "torch" in sys.modules)
print("Image" in parsed)
page.close()
"""


def test_a_pad_that_answers_has_imported_what_it_needs() -> None:
    process = subprocess.run(
        [sys.executable, "-c", SERVE],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
    )
    assert "1 False" in process.stdout.splitlines()
    # nor has gradio made interface files from the sources of its components
    assert "False" in process.stdout.splitlines()
