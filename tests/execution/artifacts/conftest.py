"""Fixtures of the tests of what runs write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.execution.artifacts.bench import Bench, opened


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Two runs' folders."""
    with opened(tmp_path) as found:
        yield found
