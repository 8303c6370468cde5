"""Runs beside a real one: they may write to no file but what they have to themselves, temporary ones and caches."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pytest_reprocheck.execution.workspace import Prepared, RunFolder

_DENIED = ("Permission denied", "Read-only file system", "readonly database", "unable to open database file")
_TRANSLATED = "import errno, locale, os; locale.setlocale(locale.LC_ALL, ''); print(os.strerror(errno.EACCES))"
_PATIENCE = 20.0
_DEVICES = (Path("/dev"), Path("/proc"))


def fenced(ready: Prepared, folder: RunFolder) -> RunFolder:
    """The folder of a run that is kept from all files of others.

    User code in Python is refused by the probes, which know the line; the kernel refuses everybody, where it can
    (``Machine.landlock``). Caches in hidden folders of the user's home stay open: libraries fail without them.
    """
    own = tuple(dict.fromkeys((folder.log.parent, *(layer.at for layer in folder.layers))))
    enter = dict(folder.enter)
    if ready.machine.landlock:
        enter["writable"] = [str(path) for path in (*own, *_caches(), *_DEVICES)]
    return replace(folder, enter=enter, writable=own)


def _caches() -> list[Path]:
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - gives "~" itself where there is no home
    hidden = [home / name for name in (os.listdir(home) if home.is_dir() else ()) if name.startswith(".")]  # noqa: PTH208
    named = [Path(value) for name in ("XDG_CACHE_HOME", "XDG_RUNTIME_DIR") if (value := os.environ.get(name))]
    return sorted({*hidden, *named})


def denials(locale: str) -> tuple[str, ...]:
    """What programs say of a file that they may not write to, in English and in the language of a locale."""
    told = ""
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(
            [sys.executable, "-S", "-c", _TRANSLATED],
            env={**os.environ, **({"LC_ALL": locale} if locale else {}), "REPROCHECK_CHILD": ""},
            capture_output=True,
            encoding="utf-8",
            timeout=_PATIENCE,
            check=True,
        ).stdout.strip()
    return (*_DENIED, *filter(None, [told]))
