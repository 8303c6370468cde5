"""Fixtures of the tests of the execution layer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.execution.leftovers import Traces, leaves_nothing, traces


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    """What the test leaves behind; at its end that must be nothing."""
    with traces(monkeypatch) as found:
        yield found
        leaves_nothing(found)
