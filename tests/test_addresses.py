"""Orders that go by addresses in memory: shown by runs that have the same ones, or by sorting."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reprocheck import uncontrolled
from pytest_reprocheck.auditing import audit, subject_at

OBJECTS = """\
class Node:
    def __init__(self, rank):
        self.rank = rank

nodes = {Node(rank) for rank in range(4000)}
print([node.rank for node in nodes][:5])
"""


@pytest.mark.parametrize("as_notebook", [False, True], ids=["same addresses", "sorted"])
def test_a_set_of_objects_is_located(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_notebook: bool) -> None:
    """At the line that makes an order of it, and it is confirmed."""
    monkeypatch.setattr(uncontrolled, "_is_notebook", lambda _case: as_notebook)
    script = tmp_path / "nodes.py"
    script.write_text(OBJECTS, encoding="utf-8")
    (finding,) = audit(subject_at(script)).findings
    assert (finding.cause, finding.location.line, finding.confirmed) == ("memory-address", 6, True)
    assert ("tried: gone" in finding.remedy) == as_notebook
