"""What tests of records share: one training, run once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reprocheck.core.records import Record
from tests.records.projects import TRAIN, run_record, write_people


@pytest.fixture(scope="package")
def people(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Record]:
    """A project that trains on a table, which nobody changes, and its record."""
    root = tmp_path_factory.mktemp("people")
    write_people(root)
    (root / "train.py").write_text(TRAIN, encoding="utf-8")
    return root, run_record(root, "train.py")
