"""Whether the run uses a GPU; and, where it is to use deterministic kernels alone, which operations have none."""

# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH115, PTH208

from __future__ import annotations

import sys
from contextlib import suppress
from os import environ, listdir, readlink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .probe import Probe

_OPEN = "/proc/self/fd"
_HAS_NONE = " does not have a deterministic implementation"
"""How torch's warning goes on after the name of an operation."""


class Devices:
    """Told of at the end of the first step that has opened one."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._prefixes = tuple(probe.config.get("devices") or ())
        self._told: dict[str, str] = {}

    def end_step(self) -> None:
        """Log the device in use, and what its libraries were told of determinism, as far as that is news."""
        if not self._prefixes or not self._probe.log.main:
            return
        device = self._told.get("device") or _opened(self._prefixes)
        if not device:
            return
        cudnn = getattr(getattr(sys.modules.get("torch"), "backends", None), "cudnn", None)
        facts = {
            "device": device,
            "workspace": environ.get("CUBLAS_WORKSPACE_CONFIG", ""),
            "benchmark": "on" if getattr(cudnn, "benchmark", False) else "",
        }
        news = {name: text for name, text in facts.items() if self._told.get(name, "") != text}
        if news:
            self._told |= news
            self._probe.log.write({"type": "facts", "facts": news})


def _opened(prefixes: tuple[str, ...]) -> str:
    for descriptor in sorted(listdir(_OPEN)):
        with suppress(OSError):
            path = readlink(f"{_OPEN}/{descriptor}")
            if path.startswith(prefixes):
                return path
    return ""


def hooks(probe: Probe) -> dict[str, Callable[[Any], None]]:
    """What makes torch use deterministic kernels where the conditions ask for them."""
    if not (probe.config.get("conditions") or {}).get("deterministic"):
        return {}
    return {"torch": probe.guarded("deterministic kernels", lambda module: _make_deterministic(probe, module))}


def _make_deterministic(probe: Probe, torch: Any) -> None:
    """Have torch warn of operations that have no deterministic form, and choose kernels without measuring them."""
    _listen(probe)
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    # Memory that nobody has set is no matter of kernels, and stays as it comes.
    torch.utils.deterministic.fill_uninitialized_memory = False
    cudnn = torch.backends.cudnn
    cudnn.benchmark = False
    kept = vars(type(cudnn)).get("benchmark")
    if hasattr(kept, "setter"):
        probe.replace(kept, "setter", lambda _value: None)


def _listen(probe: Probe) -> None:
    """Turn torch's warnings into events at the user's line; all others go on as they were."""
    import warnings

    warnings.filterwarnings("always", message=f".*{_HAS_NONE.strip()}")
    plain = warnings._showwarnmsg  # type: ignore[attr-defined]  # noqa: SLF001 - what the interpreter calls, too

    def show(shown: Any) -> None:
        operation, none, _rest = str(shown.message).partition(_HAS_NONE)
        if none:
            probe.event("kernel", "kernel", operation.rpartition(" ")[2], sys._getframe(1))  # noqa: SLF001
        else:
            plain(shown)

    probe.replace(warnings, "_showwarnmsg", show)
