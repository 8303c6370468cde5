"""A subject's record, as far as it speaks of an environment: what the subject imported, and the machine."""

from __future__ import annotations

from pytest_reprocheck.core.environments import PYTHON, Environment, Package, canonical
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.records import parse_record
from pytest_reprocheck.environment.locks.lock import Lock


def read(lock: Lock) -> Environment:
    """The environment that the record was written in. Raises a located DecodeError."""
    try:
        record = parse_record(lock.text())
    except DecodeError as error:
        raise DecodeError(error.message, where=f"{lock.shown}: {error.where}", hint=error.hint) from error
    packages = [Package(name=canonical(name), version=version) for name, version in record.packages.items()]
    python = [Package(name=PYTHON, version=record.python, required=False)] if record.python else []
    return Environment(
        source=lock.shown,
        kind="record",
        packages=tuple(sorted([*packages, *python], key=lambda each: each.name)),
        complete=False,
        host={**record.host, **({"python": record.python} if record.host else {})},
    )
