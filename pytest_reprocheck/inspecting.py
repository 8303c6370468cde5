"""The use case: what this machine allows and what each subject would need, without running anything."""

from __future__ import annotations

import os
from collections.abc import Collection

from pytest_reprocheck.core.checkup import Capability, Lack, Need, Outlook
from pytest_reprocheck.core.errors import ReprocheckError, SubjectError
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.diagnose.history import literals, names_without_cell, out_of_order
from pytest_reprocheck.diagnose.needs import find_needs
from pytest_reprocheck.diagnose.seeding import seeded_states, unseeded_draws
from pytest_reprocheck.environment.available import can_fork, has_gpu, kernels, missing_packages
from pytest_reprocheck.environment.surroundings import surroundings
from pytest_reprocheck.execution.machine import Machine, probe_machine
from pytest_reprocheck.execution.reading import executed_cells, kernel_of, read_notebook
from pytest_reprocheck.execution.script import read_script

__all__ = [
    "capabilities",
    "literals",
    "names_without_cell",
    "out_of_order",
    "outlook",
    "seeded_states",
    "unseeded_draws",
]


def capabilities(machine: Machine | None = None) -> tuple[Capability, ...]:
    """What this machine allows, each thing tried and not assumed."""
    tried = machine or probe_machine()
    around = surroundings()
    how = {"root": "as root", "user": "in a user namespace", "": ""}
    return (
        _capability(
            "overlay workspace", tried.overlay, how[tried.overlay], f"{tried.overlay_reason}: projects are copied"
        ),
        _capability(
            "Landlock",
            bool(tried.landlock),
            f"version {tried.landlock}",
            f"{tried.landlock_reason}: absolute paths are not guarded in copies",
        ),
        _capability(
            "network namespace",
            tried.network,
            how[tried.network],
            f"{tried.network_reason}: --reprocheck-no-network works by hooks in Python alone",
        ),
        _capability("reflinks", tried.reflinks, "copies share their blocks", "large files are copied or linked"),
        _capability(
            "other locale", around.locales, ", ".join(around.locales), "the factor locale is ineffective; install one"
        ),
        _capability("other time zone", around.timezones, ", ".join(around.timezones), "none is known"),
        _capability("kernels", kernels(), ", ".join(kernels()), "notebooks cannot run; install ipykernel"),
        _capability("fork", can_fork(), "", "processes are started anew for every run"),
        _capability("GPU", has_gpu(), "NVIDIA", "subjects that need one are blocked"),
    )


def outlook(subject: Subject) -> Outlook:
    """What a subject's own code asks for that is not here; modules that it imports from the project are not read."""
    try:
        units = _units(subject)
    except ReprocheckError as error:
        return Outlook(name=subject.name, problem=str(error))
    needs = find_needs(units)
    folders = [subject.root, subject.file.parent, subject.root / "src"]
    missing = missing_packages([need.name for need in needs if need.kind == "package"], subject.python, folders)
    lacks = [
        Lack(need=need, advice=advice) for need in needs if (advice := _advice(need, subject, missing)) is not None
    ]
    return Outlook(
        name=subject.name,
        lacks=(*_kernel_lack(subject), *lacks),
        hosts=tuple(sorted({need.name for need in needs if need.kind == "host"})),
    )


def _capability(name: str, found: object, there: str, missing: str) -> Capability:
    return Capability(name=name, available=bool(found), note=there if found else missing)


def _units(subject: Subject) -> tuple[Unit, ...]:
    if subject.kind == "notebook":
        cells = executed_cells(read_notebook(subject))
        return tuple(Unit(path=subject.path, cell=index, text=source) for index, source in cells)
    if not subject.file.is_file():
        raise SubjectError("no such file", where=subject.path)
    return (Unit(path=subject.path, cell=None, text=read_script(subject.file)),)


def _kernel_lack(subject: Subject) -> list[Lack]:
    """A notebook's kernel, if it is not installed."""
    if subject.kind != "notebook":
        return []
    name = kernel_of(read_notebook(subject))
    if name in kernels():
        return []
    need = Need(kind="kernel", name=name, place=Place(path=subject.path))
    return [Lack(need=need, advice=f"python -m ipykernel install --user --name {name}")]


def _advice(need: Need, subject: Subject, missing: Collection[str]) -> str | None:
    """What to do about a need that is not met; None where it is, or where nothing can be told without running."""
    match need.kind:
        case "package":
            return f"install what provides the module {need.name}" if need.name in missing else None
        case "file":
            folders = [subject.root / (subject.cwd or ""), subject.file.parent]
            there = any((folder / need.name).exists() for folder in folders)
            return None if there else f"put it at {need.name}"
        case "variable":
            there = need.name in os.environ or need.name in subject.env
            return None if there else f"set {need.name}"
        case "gpu":
            return None if has_gpu() else "run it on a machine with a GPU"
        case _:
            return None
