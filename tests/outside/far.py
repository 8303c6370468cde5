"""The inside of a network namespace: brings it up, serves there, and runs the commands that it reads from its input.

Started as ``unshare -n python -m tests.outside.far``; nothing in it can reach another machine. It answers each line of
JSON, ``{"command", "cwd", "env"}``, with one of its own: exit code, output, and what the servers were sent meanwhile.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile

from tests.outside.servers import Sent, start_all

ADDRESS = "10.20.30.40"
"""Another machine, as far as anybody in the namespace can tell."""
NAMES = f"127.0.0.1 localhost near.example\n{ADDRESS} far.example\n"
_SET_FLAGS, _SET_ADDRESS, _UP, _MS_BIND = 0x8914, 0x8916, 0x1, 4096


def bring_up() -> None:
    """Turn loopback on, give it the far address, and names to both."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
        address = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(ADDRESS))
        fcntl.ioctl(sock, _SET_ADDRESS, struct.pack("16s16s", b"lo:1", address))
    with tempfile.NamedTemporaryFile("w", delete=False) as hosts:
        hosts.write(NAMES)
    os.chmod(hosts.name, 0o644)  # noqa: PTH101
    libc = ctypes.CDLL(None, use_errno=True)
    done = libc.mount(hosts.name.encode(), b"/etc/hosts", None, _MS_BIND, None)
    os.unlink(hosts.name)  # noqa: PTH108
    if done != 0:
        raise OSError(ctypes.get_errno(), "cannot bind the names")


def main() -> None:
    """Serve and run until the input ends."""
    sent = Sent()
    bring_up()
    ports = start_all(ADDRESS, sent)
    print(json.dumps(ports), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        sent.take()
        done = subprocess.run(
            asked["command"],
            cwd=asked["cwd"],
            env=asked["env"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        answer = {"code": done.returncode, "stdout": done.stdout, "stderr": done.stderr, "sent": sent.take()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
