"""One namespace for all tests of this folder: each looks at what its own command sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.outside.namespace import Namespace, opened


@pytest.fixture(scope="session")
def far() -> Iterator[Namespace]:
    """A network with another machine in it; skipped where the tests may not make one."""
    with opened() as namespace:
        if isinstance(namespace, str):
            pytest.skip(namespace)
        yield namespace
