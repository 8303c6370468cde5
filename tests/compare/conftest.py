"""Fixtures of the comparison's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compare.values import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A place for array data and images."""
    return Lab(blobs=tmp_path)
