"""A live kernel as a front end has it, for tests of the magics."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.conftest import notebook

TIMEOUT = 120.0


@dataclass(kw_only=True, slots=True)
class Shown:
    """What came of a cell."""

    reply: dict[str, Any]
    outputs: list[dict[str, Any]] = field(default_factory=list)
    """As nbformat has them, updates of displays carried out."""
    updates: list[str] = field(default_factory=list)
    """Plain text of every display and update, in order."""

    @property
    def text(self) -> str:
        """All that can be read as plain text."""
        return "\n".join(
            output.get("text") or output.get("data", {}).get("text/plain", "") or "\n".join(output.get("traceback", ()))
            for output in self.outputs
        )

    @property
    def html(self) -> str:
        """All HTML."""
        return "\n".join(output.get("data", {}).get("text/html", "") for output in self.outputs)


class LiveKernel:
    """A kernel and the client that executes cells in it."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    @property
    def process(self) -> int:
        """The kernel's number."""
        pid = getattr(self.manager.provisioner, "pid", None)
        assert isinstance(pid, int)
        return pid

    @property
    def connection_file(self) -> str:
        """Stands in the command lines of the kernel, and of processes that were forked from it."""
        return str(self.manager.connection_file)

    def begin(self, code: str, cell: str = "") -> str:
        """Ask for an execution; gives the message's id."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def published(self, asked: str) -> Iterator[dict[str, Any]]:
        """What the kernel publishes about an execution, until it is idle."""
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") != asked:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return
            yield message

    def finish(self, asked: str, messages: Iterator[dict[str, Any]] | None = None) -> Shown:
        """Wait for the end of an execution."""
        shown = Shown(reply={})
        displays: dict[str, dict[str, Any]] = {}
        for message in messages or self.published(asked):
            _take(message["msg_type"], message["content"], shown, displays)
        while True:
            reply = self.client.get_shell_msg(timeout=TIMEOUT)
            if reply["parent_header"].get("msg_id") == asked:
                shown.reply = reply["content"]
                return shown

    def run(self, code: str, cell: str = "") -> Shown:
        """Execute a cell to its end."""
        return self.finish(self.begin(code, cell))

    def value(self, expression: str) -> str:
        """The repr of an expression in the live session."""
        shown = self.run(f"print(repr(({expression})))")
        assert shown.reply["status"] == "ok", shown.text
        return shown.text.strip()


def _take(kind: str, content: dict[str, Any], shown: Shown, displays: dict[str, dict[str, Any]]) -> None:
    if kind == "stream":
        last = shown.outputs[-1] if shown.outputs else {}
        if last.get("name") == content["name"]:
            last["text"] += content["text"]
        else:
            shown.outputs.append({"output_type": "stream", **content})
    elif kind in ("display_data", "execute_result", "error"):
        output = {"output_type": kind, **content}
        shown.outputs.append(output)
        if name := content.get("transient", {}).get("display_id"):
            displays[name] = output
    elif kind == "update_display_data":
        displays[content["transient"]["display_id"]] |= {"data": content["data"], "metadata": content["metadata"]}
    if kind in ("display_data", "update_display_data"):
        shown.updates.append(content["data"].get("text/plain", ""))


@contextmanager
def live_kernel(folder: Path, **variables: str) -> Iterator[LiveKernel]:
    """A Python kernel in a folder, with these environment variables."""
    manager = KernelManager(kernel_name="python3")
    manager.transport = "ipc"
    manager.connection_file = str(folder / "live.json")
    manager.start_kernel(cwd=str(folder), env={**os.environ, **variables})
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=TIMEOUT)
        yield LiveKernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def write_notebook(file: Path, sources: Sequence[str], *, kernel: str = "python3", language: str = "python") -> None:
    """A notebook of code cells with ids ``c0``, ``c1`` ..."""
    data = json.loads(notebook(*sources))
    metadata = {"kernelspec": {"name": kernel, "display_name": kernel, "language": language}}
    file.write_text(json.dumps({**data, "metadata": metadata}))
