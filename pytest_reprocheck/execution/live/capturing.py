"""What a cell prints and displays in a forked copy of a session, as nbformat has it."""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

from IPython.core.displaypub import DisplayPublisher


class Outputs:
    """The displays, results and errors of one cell."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []
        self._displays: dict[str, dict[str, Any]] = {}
        self._clear_next = False

    def add(self, kind: str, data: dict[str, Any], metadata: dict[str, Any] | None, display: str = "") -> None:
        """A display or a result."""
        if self._clear_next:
            self.clear(wait=False)
        output = {"output_type": kind, "data": {mime: _plain(value) for mime, value in data.items()}}
        self.found.append({**output, "metadata": metadata or {}})
        if display:
            self._displays[display] = self.found[-1]

    def update(self, data: dict[str, Any], metadata: dict[str, Any] | None, display: str) -> None:
        """Another content for a display, where it is this cell's."""
        if display in self._displays:
            new = {"data": {mime: _plain(value) for mime, value in data.items()}, "metadata": metadata or {}}
            self._displays[display].update(new)

    def clear(self, *, wait: bool) -> None:
        """Forget all, at once or when there is something new."""
        self._clear_next = wait
        if not wait:
            self.found.clear()
            self._displays.clear()

    def write(self, file: Path) -> None:
        """For the parent to read, with how much was printed so far: what tidies up prints, too."""
        sizes = {name: os.fstat(number).st_size for number, name in ((1, "stdout"), (2, "stderr"))}
        file.write_text(json.dumps({"outputs": self.found, **sizes}), encoding="utf-8")


class Publisher(DisplayPublisher):
    """Takes what a shell displays."""

    outputs: Outputs

    def publish(self, data: Any, metadata: Any = None, *_: Any, **told: Any) -> None:
        """Take one display, or the update of one."""
        sys.stdout.flush()
        display = str((told.get("transient") or {}).get("display_id") or "")
        if told.get("update"):
            self.outputs.update(data, metadata, display)
        else:
            self.outputs.add("display_data", data, metadata, display)

    def clear_output(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002 - IPython's signature
        """Forget the displays so far."""
        self.outputs.clear(wait=wait)


def redirect(scratch: Path) -> None:
    """Let the process's standard output and error go to ``stdout`` and ``stderr`` in a folder."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(scratch / name, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND, 0o600)
        os.dup2(file, number)
        os.close(file)


def capture(shell: Any, source: str) -> Outputs:
    """Take what this process prints and displays from now on; streams go where its standard output and error go.

    The stream objects stay those that loggers and the user hold, and write to descriptors: so does compiled code.
    The value of a last expression is shown unless a semicolon ends the cell, ``source``.
    """
    outputs = Outputs()
    _redirect(sys.stdout, 1)
    _redirect(sys.stderr, 2)
    plain = shell.displayhook
    publisher = Publisher(shell=shell)  # type: ignore[no-untyped-call]
    publisher.outputs = outputs
    shell.display_pub = publisher

    silent = plain.semicolon_at_end_of_expression(source)

    def show(value: object = None) -> None:
        if value is not None and not silent:
            sys.stdout.flush()
            data, metadata = shell.display_formatter.format(value)
            if data:
                outputs.add("execute_result", data, metadata)

    # The trap of the running cell has set the first one already.
    sys.displayhook = show
    shell.display_trap.hook = show
    shell.displayhook = _Hook(plain, show)

    def show_traceback(kind: type, error: object, lines: list[str]) -> None:
        outputs.found.append(
            {"output_type": "error", "ename": kind.__name__, "evalue": str(error), "traceback": list(lines)}
        )

    shell._showtraceback = show_traceback  # noqa: SLF001 - what kernels override
    return outputs


class _Hook:
    """A display hook that shows what it is given, and otherwise is the shell's own."""

    def __init__(self, plain: Any, show: Any) -> None:
        self._plain = plain
        self._show = show

    def __call__(self, value: object = None) -> None:
        self._show(value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


def _redirect(stream: Any, number: int) -> None:
    """Have a stream of a kernel, which sends messages, write to a descriptor instead."""
    if not hasattr(stream, "pub_thread"):
        return  # it writes to the descriptor already

    def write(text: str) -> int:
        data = text.encode("utf-8", "surrogatepass")
        while data:
            data = data[os.write(number, data) :]
        return len(text)

    stream.write = write
    stream.writelines = lambda lines: [write(line) for line in lines] and None
    stream.flush = lambda: None


def _plain(value: Any) -> Any:
    """A form as nbformat has it: bytes in base64, text, or what JSON can hold."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, str):
        return value
    return json.loads(json.dumps(value, default=str))
