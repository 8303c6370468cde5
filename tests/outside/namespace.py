"""Runs scripts and audits in a network namespace with servers at a far address, as ``tests.outside.far`` serves it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.probes.children import PROBES, Child, environment, read_logs, write_config

ROOT = Path(__file__).resolve().parents[2]
_WAYS = (["unshare", "-n", "-m"], ["unshare", "-U", "-r", "-n", "-m"])
"""As root, and as anybody."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """A finished command."""

    code: int
    stdout: str
    stderr: str
    sent: Sequence[str]
    """What the servers were sent meanwhile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Namespace:
    """A namespace that is up, and what serves in it."""

    process: subprocess.Popen[str]
    ports: Mapping[str, int]

    def run(self, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Done:
        """Run a command in there."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"command": command, "cwd": str(cwd), "env": dict(env)}) + "\n")
        self.process.stdin.flush()
        return Done(**json.loads(self.process.stdout.readline()))

    def script(self, folder: Path, source: str, **config: Any) -> tuple[Child, Sequence[str]]:
        """Run a script of this source under the probes; what the servers were sent comes with it."""
        folder.mkdir(exist_ok=True)
        (folder / "train.py").write_text(source, encoding="utf-8")
        log, child_json = write_config(folder, {"kind": "script", "path": "train.py", **config})
        done = self.run([sys.executable, str(PROBES / "run_script.py")], folder, environment(child_json))
        child = Child(code=done.code, stdout=done.stdout, stderr=done.stderr, logs=read_logs(log), blobs=log / "blobs")
        return child, done.sent


@contextmanager
def opened() -> Iterator[Namespace | str]:
    """A namespace; a text where this machine allows none, saying why."""
    problems = []
    for way in _WAYS:
        process = subprocess.Popen(
            [*way, sys.executable, "-m", "tests.outside.far"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        assert process.stdout is not None
        with process:
            ports = process.stdout.readline()
            if ports:
                yield Namespace(process=process, ports=json.loads(ports))
                process.communicate()
                return
            problems.append(process.communicate()[1].strip().rpartition("\n")[2])
    yield f"no network namespace here: {'; '.join(problems)}"
