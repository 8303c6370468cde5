"""What code asks for by name, told without running it."""

from __future__ import annotations

import textwrap

from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.diagnose.needs import find_needs


def needs(text: str) -> list[tuple[str, str, int | None]]:
    unit = Unit(path="train.py", cell=None, text=textwrap.dedent(text))
    return [(need.kind, need.name, need.place.line) for need in find_needs([unit])]


def test_packages_files_variables_hosts_and_devices() -> None:
    """Each thing once, at its first line."""
    text = """\
        import os, json
        import pandas as pd
        from sklearn.linear_model import Ridge
        frame = pd.read_csv("data/train.csv")
        again = pd.read_csv("data/train.csv")
        key = os.environ["API_KEY"]
        url = "https://data.example.org/latest.csv"
        model.to("cuda")
    """
    assert needs(text) == [
        ("package", "os", 1), ("package", "json", 1), ("package", "pandas", 2), ("package", "sklearn", 3),
        ("file", "data/train.csv", 4), ("variable", "API_KEY", 6), ("host", "data.example.org", 7), ("gpu", "CUDA", 8),
    ]  # fmt: skip


def test_what_the_code_can_do_without_is_no_need() -> None:
    """Imports that may fail, defaults, own files, loopback, and relative imports."""
    text = """\
        try:
            import cupy
        except ImportError:
            cupy = None
        import os
        from . import helpers
        level = os.environ.get("LEVEL", "info")
        frame.to_csv("out.csv")
        again = read_csv("out.csv")
        log = open("log.txt", "a")
        url = "http://127.0.0.1:8000/x"
    """
    assert needs(text) == [("package", "os", 5)]
