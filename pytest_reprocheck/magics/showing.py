"""What a magic shows below its cell: how far it is, and in the same place the result."""

from __future__ import annotations

import threading
import time
import uuid
from html import escape
from typing import Any

from pytest_reprocheck.core.mimes import OWN
from pytest_reprocheck.report.html import framed

_PAUSE = 0.1
"""Seconds between two updates; what cells of milliseconds did in between is not worth a message."""


class Board:
    """One output of a cell, which is written again and again; several threads may."""

    def __init__(self, shell: Any, title: str) -> None:
        self._shell = shell
        self._title = title
        self._id = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._shown = False
        self._finished = False
        self._last = 0.0
        self._phase = ""
        self._cells: dict[int, tuple[int, int]] = {}

    def tell(self, phase: str) -> None:
        """Another part of the audit has begun."""
        with self._lock:
            self._phase = phase
            self._cells.clear()
            self._progress()

    def cell(self, run: int, number: int, total: int) -> None:
        """A run has begun with a cell."""
        with self._lock:
            self._cells[run] = number, total
            if time.monotonic() - self._last >= _PAUSE or number in (1, total):
                self._progress()

    def finish(self, html: str, text: str) -> None:
        """Show the result in place of everything before."""
        with self._lock:
            self._finished = True
            self._publish({"text/html": html, "text/plain": text})

    def _progress(self) -> None:
        if self._finished or not hasattr(self._shell, "kernel"):
            return  # a terminal would show one line below the other
        self._last = time.monotonic()
        bars = [
            f'<p>run {_label(run)} <progress value="{number}" max="{total}"></progress> cell {number} of {total}</p>'
            for run, (number, total) in sorted(self._cells.items())
        ]
        plain = [f"run {_label(run)}: cell {number} of {total}" for run, (number, total) in sorted(self._cells.items())]
        head = f"<p><strong>{escape(self._title)}</strong> {escape(self._phase)} ...</p>"
        body = f'<div role="status">{head}{"".join(bars)}</div>'
        lines = [f"{self._title} {self._phase} ...", *plain]
        self._publish({"text/html": framed(body, label=self._title), "text/plain": "\n".join(lines)})

    def _publish(self, data: dict[str, str]) -> None:
        self._shell.display_pub.publish(
            data, metadata={OWN: {}}, transient={"display_id": self._id}, update=self._shown
        )
        self._shown = True


def _label(run: int) -> str:
    return "AB"[run] if run < 2 else str(run + 1)
