"""What the extension keeps of one shell's session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_reprocheck.magics.executions import Ids
from pytest_reprocheck.magics.states import States

if TYPE_CHECKING:
    from pytest_reprocheck.auditing import Machine, Session


class Memory:
    """Which cells were executed, what they did to global generators, and what audits have in common."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.ids = Ids()
        self.states = States()
        self.began: dict[int, float] = {}
        """Number of an execution -> the time when it began."""
        self._common: tuple[Machine, Session] | None = None

    def common(self) -> tuple[Machine, Session]:
        """What audits of one session find out once."""
        from pytest_reprocheck.auditing import Session, this_machine

        if self._common is None:
            self._common = this_machine(), Session()
        return self._common
