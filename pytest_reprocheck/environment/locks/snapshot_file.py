"""``environment.json``, the snapshot that ``reprocheck lock`` writes beside the lock."""

from __future__ import annotations

from pytest_reprocheck.core.codec import from_json
from pytest_reprocheck.core.environments import Environment
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.environment.locks.lock import Lock
from pytest_reprocheck.environment.locks.node import parse_json

FORMAT = "reprocheck-environment"
VERSION = 1
# History of the format:
#   1  first one: packages with their contents' digests, and the host


def read(lock: Lock) -> Environment:
    """The environment as it was. Raises a located DecodeError."""
    whole = parse_json(lock.text(), lock.shown)
    if whole["format"].data != FORMAT:
        raise whole["format"].error(f"expected {FORMAT!r}")
    version = whole["version"]
    if version.data != VERSION:
        raise version.error(f"version {version.data!r} of the snapshot is unknown, {VERSION} is read")
    try:
        return from_json(Environment, {**whole["environment"].table(), "source": lock.shown}, "environment")
    except DecodeError as error:
        raise DecodeError(error.message, where=f"{lock.shown}: {error.where}", hint=error.hint) from error
