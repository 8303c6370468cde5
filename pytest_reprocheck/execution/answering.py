"""Answers children's questions about queries: the parser is the parent's, because children need not have it.

A question is a line of JSON on a Unix socket, and so is its answer. A file system's socket is reached from a mount
or network namespace of a child's own.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

_PATH_LIMIT = 100
"""A Unix socket's path may have 107 bytes."""


@contextmanager
def answering(path: Path) -> Iterator[None]:
    """Answer at this path; where the path is too long for a socket nobody does, and children say so."""
    if len(bytes(path)) > _PATH_LIMIT:
        yield
        return
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=_accept, args=(listener,), name="reprocheck-queries", daemon=True)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # which ends accept()
            thread.join()


def _accept(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection, _address = listener.accept()
            # A child that stops in the middle of a question keeps nobody else waiting.
            threading.Thread(target=_serve, args=(connection,), name="reprocheck-query", daemon=True).start()


def _serve(connection: socket.socket) -> None:
    # The child may die at any moment, in the middle of a line too.
    with suppress(OSError, ValueError), connection, connection.makefile("rwb") as stream:
        for line in stream:
            stream.write(json.dumps(_answer(json.loads(line))).encode() + b"\n")
            stream.flush()


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    # Imported with the first question: most audits ask none.
    from pytest_reprocheck.execution.queries import Opened, opened

    keys = {str(table): tuple(map(frozenset, sets)) for table, sets in question["keys"].items()}
    try:
        found = opened(
            question["sql"], question["dialect"], keys, number=question["number"], ordered=question["ordered"]
        )
    except Exception as error:  # whatever the parser stumbles over: the query runs as it is, and the reason is said
        problem = f"cannot be read: {type(error).__name__}: {error}"
        found = Opened(kind="unknown", sql=question["sql"], problem=problem)
    return asdict(found)
