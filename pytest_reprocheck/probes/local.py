"""Time zone and locale: the child's environment sets them; here is measured what came of it, and who asks for them."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .reads import Reads

_LOCALE_READS = (
    "atof",
    "atoi",
    "currency",
    "delocalize",
    "format_string",
    "getdefaultlocale",
    "getencoding",
    "getlocale",
    "getpreferredencoding",
    "localeconv",
    "localize",
    "nl_langinfo",
    "setlocale",
    "str",
    "strcoll",
    "strxfrm",
)
_WINTER, _SUMMER = 1_705_320_000, 1_721_044_800
"""Moments half a year apart: zones that differ in summer alone differ."""
_localtime, _strftime = time.localtime, time.strftime


def timezone() -> str:
    """The zone in force, by what it makes of two fixed moments."""
    return " ".join(_strftime("%Z%z", _localtime(moment)) for moment in (_WINTER, _SUMMER))


def locale() -> tuple[str, str]:
    """What ``setlocale(LC_ALL, "")`` would choose, and what it is sorted and written by; or why it cannot be chosen.

    Called before user code runs: no other thread can see the moment in which the locale is tried.
    """
    from _locale import LC_ALL, setlocale

    before = setlocale(LC_ALL, None)
    try:
        return "locale", setlocale(LC_ALL, "")
    except Exception as error:  # ``locale.Error``, whose module is not imported for it
        return "locale problem", str(error)
    finally:
        setlocale(LC_ALL, before)


def install_in_locale(reads: Reads, module: Any) -> None:
    """Note who asks the module ``locale``; it answers by itself."""

    def noting(name: str) -> Any:
        def read(frame: FrameType, _plain: object, _args: tuple[Any, ...], _kwargs: dict[str, Any]) -> None:
            reads.note("locale", frame, f"locale.{name}")

        return read

    for name in _LOCALE_READS:
        reads.replace(module, name, noting(name))
