"""What a run printed and displayed, as observations."""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from pytest_reprocheck.core.mimes import is_binary, richest_first
from pytest_reprocheck.core.trace import NotCompared, Observation, Step
from pytest_reprocheck.core.values import Display, Image, Opaque, Text, Value
from pytest_reprocheck.execution.intake import Log

STEP_ROOM = 4 * 1024**2
"""Characters kept of what one step prints to one stream."""
RUN_ROOM = 32 * 1024**2
"""Characters kept of a stream in all."""
_CHUNK = 1024**2
_TAIL = 4000
"""Characters of standard error kept as an outcome's detail."""
_ANSI = re.compile(r"\x1b\[[0-9;]{0,40}m")


def text_value(text: str, mime: str = "text/plain") -> Text:
    """Text with its digest."""
    return Text(text=text, mime=mime, digest=_digest(text.encode("utf-8", "surrogatepass")))


@dataclass(kw_only=True, slots=True)
class Kept:
    """A stream of text of any length: the beginning is kept, the rest has a digest.

    What is kept depends on sizes alone, so two equal streams keep the same.
    """

    room: int
    pieces: list[str] = field(default_factory=list)
    rest_size: int = 0
    _rest: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=16))

    def add(self, text: str) -> int:
        """Take more of the stream; gives how many characters of it are kept."""
        kept = text[: self.room]
        self.room -= len(kept)
        if len(kept) < len(text):
            rest = text[len(kept) :].encode("utf-8", "surrogatepass")
            self._rest.update(rest)
            self.rest_size += len(rest)
        if kept:
            self.pieces.append(kept)
        return len(kept)

    @property
    def text(self) -> str:
        """What is kept."""
        return "".join(self.pieces)

    @property
    def digest(self) -> str:
        """Of the rest."""
        return str(self._rest.hexdigest())


def rest_observation(rest: Kept, what: str, step: Step | None, seq: int) -> tuple[Observation, NotCompared]:
    """What stands for the rest of a long stream: it is compared by its digest alone, and that is said."""
    named = f"{what} beyond what is kept"
    reason = f"the last {rest.rest_size} bytes are too much to keep, and compared by digest alone"
    value = Opaque(type="text", reason="too long", digest=rest.digest)
    place = f" of {step.place}" if step is not None else ""
    index = step.index if step is not None else None
    return (
        Observation(seq=seq, aspect="outputs", what=named, step=index, stack=(), value=value),
        NotCompared(what=f"{named}{place}", reason=reason),
    )


def stream_observations(log: Log, streams: Mapping[str, Path]) -> tuple[list[Observation], list[NotCompared]]:
    """A script's stdout and stderr, cut where its steps began; ``streams`` maps a stream's name to its file."""
    found: list[Observation] = []
    shortened: list[NotCompared] = []
    for name, path in streams.items():
        room = RUN_ROOM
        with path.open("rb") as file:
            for step, size in _pieces(log, name, path.stat().st_size):
                kept = Kept(room=min(room, STEP_ROOM))
                for piece in _decoded(file, size):
                    room -= kept.add(piece)
                seq = log.step_end(step.index) if step is not None else -1
                index = step.index if step is not None else None
                if text := kept.text:
                    found.append(
                        Observation(seq=seq, aspect="outputs", what=name, step=index, stack=(), value=text_value(text))
                    )
                if kept.rest_size:
                    observation, note = rest_observation(kept, name, step, seq)
                    found.append(observation)
                    shortened.append(note)
    return found, shortened


def _pieces(log: Log, name: str, size: int) -> Iterator[tuple[Step | None, int]]:
    """What was printed before the first step and in each one, in bytes.

    A script that has closed the stream and opened something else in its place has other sizes than the file's.
    """
    step: Step | None = None
    start = 0
    for mark in log.marks:
        offset = mark.stdout if name == "stdout" else mark.stderr
        if offset is not None and start <= offset <= size:
            yield step, offset - start
            step, start = mark.step, offset
    yield step, size - start


def _decoded(file: BinaryIO, size: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while size > 0:
        content = file.read(min(size, _CHUNK))
        size -= len(content) or size
        yield decoder.decode(content, final=not size)


def tail(path: Path) -> str:
    """The last characters of a file, as an outcome's detail."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4 * _TAIL))
        return file.read().decode("utf-8", "replace")[-_TAIL:]


def cell_observations(
    outputs: Sequence[Mapping[str, Any]], streams: Mapping[str, Kept], step: Step, seq: int, blobs: Path
) -> tuple[list[Observation], list[NotCompared]]:
    """What a cell printed, by stream, and its other outputs as nbformat has them, by number.

    An output is one fact, named after the form that says most, whatever else was sent beside that.
    """
    found: list[Observation] = []
    shortened: list[NotCompared] = []

    def observe(what: str, value: Value) -> None:
        found.append(Observation(seq=seq, aspect="outputs", what=what, step=step.index, stack=(), value=value))

    for name, kept in sorted(streams.items(), reverse=True):
        if text := kept.text:
            observe(name, text_value(text))
        if kept.rest_size:
            observation, note = rest_observation(kept, name, step, seq)
            found.append(observation)
            shortened.append(note)
    for number, output in enumerate(outputs, start=1):
        if output["output_type"] == "error":
            observe("error", text_value(_error_text(output)))
        elif forms := {mime: form_value(mime, output["data"][mime], blobs) for mime in richest_first(output["data"])}:
            observe(f"output {number} ({next(iter(forms))})", _shown(forms))
    return found, shortened


def stored_observations(
    outputs: Sequence[Mapping[str, Any]], step: Step, seq: int, blobs: Path
) -> tuple[list[Observation], list[NotCompared]]:
    """The outputs of a cell as a notebook's file has them; its streams are among them, in pieces."""
    streams: dict[str, Kept] = {}
    for output in outputs:
        if output["output_type"] == "stream":
            streams.setdefault(output["name"], Kept(room=STEP_ROOM)).add(output["text"])
    others = [output for output in outputs if output["output_type"] != "stream"]
    return cell_observations(others, streams, step, seq, blobs)


def _error_text(output: Mapping[str, Any]) -> str:
    """The traceback as it is read; kernels differ in whether it ends with the exception itself."""
    told = f"{output['ename']}: {output['evalue']}"
    traceback = _ANSI.sub("", "\n".join(output.get("traceback") or ()))
    return traceback if told in traceback else f"{told}\n{traceback}".rstrip("\n")


def _shown(forms: Mapping[str, Value]) -> Value:
    if len(forms) == 1:
        return next(iter(forms.values()))
    digests = json.dumps([[mime, form.digest] for mime, form in forms.items()])
    return Display(forms=dict(forms), digest=_digest(digests.encode()))


def form_value(mime: str, data: Any, blobs: Path) -> Value:
    """What was sent under a mime type; pictures and pages are kept in the folder of blobs."""
    if isinstance(data, str) and is_binary(mime):
        try:
            content = base64.b64decode("".join(data.split()), validate=True)
        except binascii.Error:
            return text_value(data, mime)
        return _binary_value(mime, content, blobs)
    if isinstance(data, str):
        return text_value(data, mime)
    return text_value(json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False), mime)


def _binary_value(mime: str, content: bytes, blobs: Path) -> Value:
    digest = _digest(content)
    if not mime.startswith("image/") and mime != "application/pdf":
        return Opaque(type=mime, reason="no comparator for it", digest=digest)
    name = f"{digest}.{re.sub(r'[^a-z0-9]', '-', mime.partition('/')[2].lower())}"
    (blobs / name).write_bytes(content)
    return Image(mime=mime, digest=digest, blob=name)


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
