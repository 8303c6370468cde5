"""What the environment says to user code: the user's name and home, the host's name, variables with a default.

Where they are varied, user code is given another user and host, a home that is spelled in another way, and the default
of a variable that is set here and need not be. Paths, secrets and what the subject's configuration sets stay, and so
does everything that libraries read for their own ends.
"""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import os
import sys

from .frames import without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .probe import Probe
    from .reads import Reads

_NAMES_OF_USERS = ("LOGNAME", "USER", "LNAME", "USERNAME")
_NAMES = frozenset({*_NAMES_OF_USERS, "HOSTNAME", "HOST", "COMPUTERNAME"})
_HOMES = frozenset({"HOME", "USERPROFILE"})
_OTHERS = {"other": "someone-else", "another": "a-third-one"}
"""The conditions' value -> the name that user and host have."""
_THROUGH = frozenset(
    {
        "os",
        "_collections_abc",
        "collections.abc",
        "getpass",
        "ntpath",
        "pathlib",
        "pathlib._local",
        "platform",
        "posixpath",
        "socket",
    }
)
"""Modules whose functions read on the caller's behalf."""
_ASKING = frozenset({"__getitem__", "get", "getenv", "expanduser", "home", "getuser", "node", "uname", "gethostname"})
"""Functions of theirs that ask for one thing; others copy or list all variables."""
_KEPT = frozenset({"CI", "LANG", "LANGUAGE", "PATH", "PWD", "TZ"})
_KEPT_STARTS = (
    *("CONDA", "DISPLAY", "JPY_", "LC_", "MPL", "PYTEST", "PYTHON", "REPROCHECK", "TEMP", "TERM", "TMP", "VIRTUAL_ENV"),
    "XDG_",
)
_KEPT_ENDS = ("_NUM_THREADS", "_MAXIMUM_THREADS", "_PROXY", "proxy")
_KEPT_WORDS = ("KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH")
"""Variables that programs need, or that other factors vary."""


def _is_kept(name: str) -> bool:
    return (
        name in _KEPT
        or name.startswith(_KEPT_STARTS)
        or name.endswith(_KEPT_ENDS)
        or any(word in name for word in _KEPT_WORDS)
    )


class Variables:
    """What user code is told of the user, the host and the environment."""

    def __init__(self, probe: Probe, reads: Reads) -> None:
        self._probe = probe
        self._reads = reads
        self._whose = str(probe.config["conditions"].get("variables", "own"))
        self._varied = self._whose in _OTHERS
        self._own = frozenset(probe.config.get("env") or ())
        self._answer = probe.guarded("variables of the environment", self._answered)

    def install(self) -> None:
        """Put functions in the place of those that read variables and names."""
        kind = type(os.environ)
        plain, answer, probe, reader = kind.__getitem__, self._answer, self._probe, self._reads.reader
        names = frozenset(os.environ)  # what the program sets itself is its own

        @functools.wraps(plain)
        def __getitem__(environ: Any, key: Any) -> Any:  # noqa: N807
            given: Any = None
            try:
                value = plain(environ, key)
                asked = _asking(sys._getframe(1)) if key in names and probe.watching else None
                user = None if asked is None else reader(asked[0])
                if asked is not None and user is not None:
                    given = answer(key, value, user, asked[1])
                if given is _MISSING:
                    return plain(environ, _ABSENT)
            except BaseException as error:
                without_this_frame(error)
                raise
            return value if given is None else given

        self._probe.replace(kind, "__getitem__", __getitem__)

    def install_host(self, module: Any) -> None:
        """``socket.gethostname`` and ``platform.node``, as far as user code calls them."""
        name = "gethostname" if module.__name__ == "socket" else "node"
        what = f"{module.__name__}.{name}"

        def read(frame: FrameType, _plain: object, args: tuple[Any, ...], _kwargs: dict[str, Any]) -> str | None:
            where, _called = self._reads.note("variable", frame, what)
            return _OTHERS[self._whose] if not args and self._is_varied(where) else None

        self._reads.replace(module, name, read)

    def install_user(self, module: Any) -> None:
        """``getpass.getuser``, where no variable says who it is and it asks the system."""
        if any(os.environ.get(name) for name in _NAMES_OF_USERS):
            return

        def read(frame: FrameType, _plain: object, _args: object, _kwargs: object) -> str | None:
            where, _called = self._reads.note("variable", frame, "getpass.getuser")
            return _OTHERS[self._whose] if self._is_varied(where) else None

        self._reads.replace(module, "getuser", read)

    def measured(self) -> str:
        """The user's name as a read by user code gives it."""
        return _OTHERS.get(self._whose, "their own")

    def _is_varied(self, where: str) -> bool:
        return self._varied and self._probe.varies("variable", where)

    def _answered(self, key: str, value: str, user: FrameType, default: object) -> Any:
        """What user code is given instead of a variable's value; None for the value itself."""
        other = None if key in self._own else _other(key, value, default, self._whose)
        if other is None:
            return None
        where, _called = self._reads.note("variable", user, f'os.environ["{key}"]')
        return other if self._is_varied(where) else None


_ABSENT = "REPROCHECK_ABSENT"
_MISSING = object()
"""Given for a variable that need not be set: its default counts."""


def _asking(frame: FrameType | None) -> tuple[FrameType, object] | None:
    """The caller that asks for one variable, through functions made for it, and the default that it gave."""
    from opcode import opname

    if frame is not None and frame.f_globals.get("__name__") not in _THROUGH:
        # ``dict(os.environ)`` asks for each in the same way, from a call.
        return (frame, None) if opname[frame.f_code.co_code[frame.f_lasti]].startswith("BINARY_") else None
    default: object = None
    while frame is not None and frame.f_globals.get("__name__") in _THROUGH:
        if frame.f_code.co_name not in _ASKING:
            return None
        default = frame.f_locals.get("default", default)
        frame = frame.f_back
    return None if frame is None else (frame, default)


def _other(key: str, value: str, default: object, whose: str) -> Any:
    """What a variable is elsewhere; None where nobody can say."""
    if key in _NAMES:
        return _OTHERS.get(whose, _OTHERS["other"])
    if key in _HOMES:
        # The same folder by a name of its own, so that what lies in it is found.
        return f"/{value}" if value.startswith("/") and not value.startswith("//") else None
    if default is None or _is_kept(key) or "/" in value or "\\" in value or str(default) == value:
        return None
    return _MISSING


def hooks(variables: Variables) -> dict[str, Any]:
    """What is done to modules that name the host, once they are imported."""
    return {"getpass": variables.install_user, "socket": variables.install_host, "platform": variables.install_host}
