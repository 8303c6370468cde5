"""Kernels below a supervisor, and a client that keeps no more of their output than there is room for."""

from __future__ import annotations

import asyncio
import logging
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_core.paths import jupyter_path
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from pytest_reprocheck.core.errors import BlockedError
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.execution.child import Processes
from pytest_reprocheck.execution.engine import Forked, Process
from pytest_reprocheck.execution.limits import Watch
from pytest_reprocheck.execution.outputs import RUN_ROOM, STEP_ROOM, Kept
from pytest_reprocheck.execution.reading import code_after, kernel_of
from pytest_reprocheck.execution.workspace import RunFolder

_SOCKET_PATH_LIMIT = 90
"""A Unix socket's path may have 107 bytes; jupyter_client appends ``-ipc-N``."""
_OUTPUT_SECONDS = 60
"""What a cell has displayed is awaited for so long after its end."""

_RECONNECT_MS = 5
"""A socket that the kernel has not made yet is tried again so soon; by default ten times a second."""

Launch = Callable[[Sequence[str], Path, Mapping[str, str]], list[str]]
"""Command, working directory and environment of a kernel -> the command that starts it."""
Fork = Callable[[Sequence[str], Mapping[str, str]], Forked | None]
"""Command and environment of a kernel -> its supervisor, forked; None where it has to be started."""


def kernel_specs() -> KernelSpecManager:
    """Where jupyter_client looks for kernels; it would import IPython to find out what IPython's folder is called."""
    ipython = Path(os.environ.get("IPYTHONDIR") or "~/.ipython").expanduser()
    return KernelSpecManager(kernel_dirs=[*jupyter_path("kernels"), str(ipython / "kernels")])


def kernel_name(subject: Subject, notebook: NotebookNode) -> str:
    """The kernel that a notebook asks for; raises BlockedError when it is not installed."""
    name = kernel_of(notebook)
    manager = kernel_specs()
    try:
        manager.get_kernel_spec(name)
    except NoSuchKernel:
        installed = ", ".join(sorted(manager.find_kernel_specs())) or "none"
        raise BlockedError(
            f"the notebook asks for the kernel {name!r}, which is not installed (installed: {installed})",
            where=subject.path,
            hint=f"Install it with `python -m ipykernel install --user --name {name}`, or change the notebook's kernel",
        ) from None
    return name


class SupervisedProvisioner(LocalProvisioner):
    """Starts a local kernel below a supervisor, which is the process that jupyter_client knows.

    The supervisor passes interrupts on to the kernel's own process group.
    """

    launch: Launch
    fork: Fork
    processes: Processes
    supervisor: Process | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start it; the kernel has the environment and the folder, the supervisor has the caller's own."""
        # The launcher adds this variable to the environment of what it starts, and expands the user's folder.
        env = {**kwargs["env"], "JPY_PARENT_PID": str(os.getpid())}
        argv = [os.path.expanduser(word) for word in cmd]  # noqa: PTH111 - words that are no paths stay as they are
        line = self.launch(argv, Path(kwargs["cwd"]), env)
        process = await asyncio.to_thread(self.fork, argv, env)
        info: KernelConnectionInfo
        if process is None:
            info = await super().launch_kernel(line, **{**kwargs, "env": dict(os.environ), "cwd": None})
            self.supervisor = self.process
        else:
            info = self.connection_info
            self.process = process  # type: ignore[assignment]  # has what is used of it
            self.supervisor, self.pid, self.pgid = process, process.pid, process.pid
        assert self.supervisor is not None
        self.processes.add(self.supervisor)
        return info

    async def kill(self, restart: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the base class's signature
        """End the kernel and everything that it has started."""
        if self.process is not None:
            await asyncio.to_thread(self.processes.end, self.process)

    async def terminate(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002 - the base class's signature
        """End it in the same way."""
        await self.kill(restart)


def kernel_manager(
    kernel: str, folder: RunFolder, launch: Launch, processes: Processes, fork: Fork = lambda _argv, _env: None
) -> AsyncKernelManager:
    """A manager whose sockets lie in the run's own folder, so that runs side by side cannot take each other's ports.

    A kernel that has a provisioner of its own, as remote ones have, is started by that.
    """
    manager = AsyncKernelManager(kernel_name=kernel, kernel_spec_manager=kernel_specs())
    connection = folder.scratch / "kernel.json"
    if os.name == "posix" and len(str(connection)) < _SOCKET_PATH_LIMIT:
        manager.transport = "ipc"
        manager.connection_file = str(connection)
    factory = KernelProvisionerFactory.instance(parent=manager.parent)
    chosen = factory.create_provisioner_instance(str(uuid.uuid4()), manager.kernel_spec, parent=manager)
    if type(chosen) is LocalProvisioner:
        own = SupervisedProvisioner(kernel_id=chosen.kernel_id, kernel_spec=manager.kernel_spec, parent=manager)
        own.launch = launch
        own.fork = fork
        own.processes = processes
        manager.kernel_id = chosen.kernel_id
        manager.provisioner = own
    return manager


def unbounded_client(manager: AsyncKernelManager) -> AsyncKernelClient:
    """A client that misses no message: by default some get lost when a cell displays thousands faster than it reads."""
    client = manager.client()
    assert isinstance(client, AsyncKernelClient)
    client.context.setsockopt(zmq.RCVHWM, 0)
    client.context.setsockopt(zmq.RECONNECT_IVL, _RECONNECT_MS)
    return client


async def wait_until_ready(client: AsyncKernelClient) -> None:
    """Until the kernel answers, and what it publishes arrives here: from then on no output can be missed.

    Anything published shows that the subscription is known to the kernel. It greets subscribers, or publishes that it
    is busy with a question; one that was answered before it knew of the subscription is asked again.
    """
    published = asyncio.ensure_future(client.get_iopub_msg(timeout=None))
    try:
        while True:
            asked = client.kernel_info()
            while (reply := await client.get_shell_msg(timeout=None))["parent_header"].get("msg_id") != asked:
                pass
            if published.done():
                break
    finally:
        published.cancel()
    client._handle_kernel_info_reply(reply)  # noqa: SLF001 - what jupyter_client does with the first answer


class BoundedClient(NotebookClient):
    """Executes a notebook; of a stream it keeps the beginning, and a digest of the rest."""

    def __init__(
        self, notebook: NotebookNode, manager: AsyncKernelManager, watch: Watch, on_cell_start: Callable[..., None]
    ) -> None:
        super().__init__(
            notebook,
            km=manager,
            log=logging.Logger("reprocheck", logging.CRITICAL),  # what it says is no news for the log of the caller
            timeout=None,
            iopub_timeout=_OUTPUT_SECONDS,
            raise_on_iopub_timeout=True,
            shutdown_kernel="immediate",
            store_widget_state=True,
            on_cell_start=on_cell_start,
            on_cell_executed=self._after_cell,
        )
        self.watch = watch
        self.rooms = {"stdout": RUN_ROOM, "stderr": RUN_ROOM}
        self.streams: dict[int, dict[str, Kept]] = {}
        """By the cell's position and the stream's name; not among the cell's outputs, where a long text takes ages."""

    async def _after_cell(
        self,
        cell: NotebookNode,
        cell_index: int,  # noqa: ARG002 - nbclient passes all by name
        execute_reply: Mapping[str, Any],
    ) -> None:
        """Execute what the cell's metadata want executed after it, as no cell and without outputs."""
        code = code_after(cell)
        if not code or execute_reply["content"]["status"] != "ok":
            return
        assert isinstance(self.kc, AsyncKernelClient)
        asked = self.kc.execute(code, silent=True, store_history=False)
        while (reply := await self.kc.get_shell_msg(timeout=None))["parent_header"].get("msg_id") != asked:
            pass
        if reply["content"]["status"] != "ok":
            raise CellExecutionError.from_cell_and_msg(cell, reply["content"])

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Take one output of a cell."""
        content = msg["content"]
        if msg["msg_type"] != "stream":
            if self.clear_before_next_output:
                self._forget(cell_index)
            self.watch.displayed += sum(len(data) for data in content.get("data", {}).values() if isinstance(data, str))
            return super().output(outs, msg, display_id, cell_index)
        self.watch.displayed += len(content["text"])
        if self.output_hook_stack[msg["parent_header"].get("msg_id")]:
            return super().output(outs, msg, display_id, cell_index)  # a widget takes it
        if self.clear_before_next_output:
            outs[:] = []
            self.clear_display_id_mapping(cell_index)
            self.clear_before_next_output = False
            self._forget(cell_index)
        name = content["name"]
        room = self.rooms.get(name, RUN_ROOM)
        stream = self.streams.setdefault(cell_index, {}).setdefault(name, Kept(room=min(room, STEP_ROOM)))
        self.rooms[name] = room - stream.add(content["text"])
        return None

    def clear_output(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Forget the outputs of a cell, at once or when it has new ones."""
        if not msg["content"].get("wait"):
            self._forget(cell_index)
        super().clear_output(outs, msg, cell_index)

    def _forget(self, cell: int) -> None:
        self.streams.pop(cell, None)
