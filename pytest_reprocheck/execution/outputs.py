"""What a run printed and displayed, as observations."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_reprocheck.core.trace import Observation, Step
from pytest_reprocheck.core.values import Image, Text
from pytest_reprocheck.execution.intake import Log

_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif"})
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}


def text_value(text: str, mime: str = "text/plain") -> Text:
    """Text with its digest."""
    return Text(text=text, mime=mime, digest=_digest(text.encode("utf-8", "surrogatepass")))


def stream_observations(log: Log, streams: Mapping[str, Path]) -> list[Observation]:
    """A script's stdout and stderr, cut where its steps began; ``streams`` maps a stream's name to its file."""
    found = []
    for name, path in streams.items():
        content = path.read_bytes()
        starts: list[tuple[int, int | None]] = [(0, None)]
        for mark in log.marks:
            offset = mark.stdout if name == "stdout" else mark.stderr
            if offset is not None:
                starts.append((offset, mark.step.index))
        for position, (start, step) in enumerate(starts):
            end = starts[position + 1][0] if position + 1 < len(starts) else len(content)
            if piece := content[start:end]:
                seq = log.step_end(step) if step is not None else -1
                text = piece.decode("utf-8", "replace")
                found.append(
                    Observation(seq=seq, aspect="outputs", what=name, step=step, stack=(), value=text_value(text))
                )
    return found


def cell_observations(outputs: Sequence[Mapping[str, Any]], step: Step, seq: int, blobs: Path) -> list[Observation]:
    """A cell's outputs, as nbformat has them; a stream's chunks are merged, each other output has its number."""
    found: list[Observation] = []
    streams: dict[str, str] = {}
    rich = [output for output in outputs if output["output_type"] != "stream"]
    for output in outputs:
        if output["output_type"] == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + output["text"]

    def observe(what: str, value: Text | Image) -> None:
        found.append(Observation(seq=seq, aspect="outputs", what=what, step=step.index, stack=(), value=value))

    for name in sorted(streams, reverse=True):
        observe(name, text_value(streams[name]))
    for number, output in enumerate(rich, start=1):
        if output["output_type"] == "error":
            observe("error", text_value(f"{output['ename']}: {output['evalue']}"))
            continue
        for mime, data in sorted(output["data"].items()):
            observe(f"output {number} ({mime})", _mime_value(mime, data, blobs))
    return found


def _mime_value(mime: str, data: Any, blobs: Path) -> Text | Image:
    if mime in _IMAGES and isinstance(data, str):
        content = base64.b64decode(data)
        digest = _digest(content)
        name = f"{digest}.{_EXTENSIONS[mime]}"
        (blobs / name).write_bytes(content)
        return Image(mime=mime, digest=digest, blob=name)
    if isinstance(data, str):
        return text_value(data, mime)
    return text_value(json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False), mime)


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
