"""The use case after the audits of sets of parameters: which parameters do not do what they are there for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_reprocheck.core.allowances import Allowance
from pytest_reprocheck.core.errors import ReprocheckError
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.diagnose.flagging import flag
from pytest_reprocheck.execution.reading import executed_cells, read_notebook, tags_of
from pytest_reprocheck.execution.script import read_script


def flag_parameters(audits: Sequence[Audit], root: Path, allowances: Sequence[Allowance] = ()) -> tuple[Audit, ...]:
    """The audits, in their order, with findings for parameters that change nothing and seeds that control nothing.

    Sets of a subject are compared with each other; what one audit shows by itself is there already.
    """
    result = list(audits)
    for path in {audit.path: None for audit in audits if audit.parameters}:
        numbers = [number for number, audit in enumerate(audits) if audit.path == path and audit.parameters]
        sets = [audits[number] for number in numbers]
        flagged = flag(sets, _units(root, path, sets[0]), allowances)
        for number, audit in zip(numbers, flagged, strict=True):
            result[number] = audit
    return tuple(result)


def _units(root: Path, path: str, audit: Audit) -> list[Unit]:
    subject = Subject(root=root, path=path, kind=audit.kind)
    try:
        if audit.kind == "notebook":
            notebook = read_notebook(subject)
            tags = tags_of(notebook)
            cells = executed_cells(notebook)
            return [Unit(path=path, cell=index, text=text, tags=tags.get(index, ())) for index, text in cells]
        return [Unit(path=path, cell=None, text=read_script(subject.file))] if audit.kind == "script" else []
    except (OSError, ReprocheckError):
        return []  # its audit says why
