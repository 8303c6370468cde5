"""Formats that take a library: read by another process, with the subject's interpreter, which wrote them."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pytest_reprocheck.core.values import Value
from pytest_reprocheck.execution.artifacts.content import DETAIL_LIMIT, Content, Reading
from pytest_reprocheck.execution.artifacts.nodes import Made, Told, UnreadableError
from pytest_reprocheck.execution.artifacts.telling import tell

_PROGRAM = Path(__file__).resolve().parent / "launch" / "libraries.py"
_SECONDS = 60.0
"""For one file."""
_VARIABLES = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX")
_MAGIC: Sequence[tuple[bytes, str]] = (
    (b"PAR1", "parquet"),
    (b"ARROW1\0\0", "arrow"),
    (b"FEA1", "feather"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"CDF\x01", "netcdf"),
    (b"CDF\x02", "netcdf"),
)
_NAMED: Mapping[str, str] = {".onnx": "onnx", ".ubj": "ubjson"}


def is_for_library(content: Content) -> bool:
    """By the first bytes; some by the name."""
    return bool(_kind(content))


def read_with_library(content: Content, reading: Reading) -> Value:
    """What the library says is in it."""
    reading.take(content.size)
    if content.size > DETAIL_LIMIT:
        raise UnreadableError(f"larger than {DETAIL_LIMIT // 2**20} MiB")
    path = content.path or reading.on_disk(content)
    return tell(reading.library.read(_kind(content), path), reading.keeper)


def _kind(content: Content) -> str:
    found = next((kind for magic, kind in _MAGIC if content.head.startswith(magic)), "")
    return found or _NAMED.get(content.suffix, "")


@dataclass(kw_only=True, slots=True)
class Readers:
    """Processes that read files, one for each interpreter, started when the first one is asked for."""

    pythons: tuple[str, ...]
    """The subject's interpreter first."""
    folder: Path
    """Where they leave arrays."""
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def read(self, kind: str, path: Path) -> Made:
        """What a file holds, by the first interpreter that has a library for it."""
        reasons = []
        for python in self.pythons:
            answer = self._ask(python, {"kind": kind, "path": str(path), "folder": str(self.folder)})
            if "found" in answer:
                made = _built(answer["found"], self.folder)
                if isinstance(made, Made):
                    return made
            reasons.append(str(answer.get("reason", "no answer")))
            if not answer.get("missing"):
                break
        raise UnreadableError(reasons[-1])

    def close(self) -> None:
        """End them."""
        for process in self.running.values():
            process.kill()
            process.communicate()
        self.running.clear()

    def _ask(self, python: str, request: Mapping[str, str]) -> Mapping[str, Any]:
        try:
            process = self.running.get(python) or self._start(python)
            assert process.stdin is not None
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            line = _line(process)
        except OSError as error:
            return {"reason": f"no reader could be started: {error}", "missing": True}
        if not line:
            # It crashed, or takes too long: the next file gets another one.
            gone = self.running.pop(python)
            gone.kill()
            gone.communicate()
            return {"reason": f"the library that reads {request['kind']} crashed, or took more than {_SECONDS:.0f} s"}
        answer = json.loads(line)
        return answer if isinstance(answer, dict) else {}

    def _start(self, python: str) -> subprocess.Popen[bytes]:
        variables = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
        process = subprocess.Popen(
            [python, "-E", "-B", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            env=variables,
            start_new_session=True,
        )
        self.running[python] = process
        return process


def interpreters(python: str | None) -> tuple[str, ...]:
    """The subject's interpreter, and this one where it is another."""
    return tuple(dict.fromkeys((python or sys.executable, sys.executable)))


def _line(process: subprocess.Popen[bytes]) -> bytes:
    """The next line that a process writes; empty when it ended or took too long."""
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    deadline = time.monotonic() + _SECONDS
    found = b""
    while not found.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            return b""
        piece = os.read(descriptor, 2**16)
        if not piece:
            return b""
        found += piece
    return found


def _built(node: Any, folder: Path) -> Any:
    """The nodes that an answer describes; arrays come from the folder, and go."""
    if isinstance(node, list):
        return [_built(each, folder) for each in node]
    if not isinstance(node, dict):
        return node
    match node.get("kind"):
        case "array":
            path = folder / str(node["file"])
            try:
                return np.load(path, allow_pickle=False)
            except (OSError, ValueError, EOFError) as error:
                raise UnreadableError(f"no array came back: {error}") from error
            finally:
                path.unlink(missing_ok=True)
        case "reprs":
            return [str(text) for text in node["reprs"]]
        case "told":
            return Told(type=str(node["type"]), text=str(node["text"]))
        case "made":
            return Made(
                type=str(node["type"]), parts={name: _built(each, folder) for name, each in node["parts"].items()}
            )
        case _:
            raise UnreadableError("an answer that is not understood")
