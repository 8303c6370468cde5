"""Options of an audit."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_reprocheck.core.conditions import FactorName


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """How far apart two floats may be and still count as the same, as ``torch.testing.assert_close`` has it."""

    rtol: float | None = None
    """None: by dtype, 1e-7 for float64 and text, 1.3e-6 for float32."""
    atol: float | None = None
    """None: by dtype, 1e-7 for float64 and text, 1e-5 for float32."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What the user asked for; every face makes one of these."""

    vary: tuple[FactorName, ...] = ("seed", "hash")
    """Factors that run B changes."""
    max_runs: int = 8
    """Executions allowed for finding and explaining the differences of one subject; at least 2."""
    budget: float = 600.0
    """Seconds that the explaining runs of one subject may take in all; the two first runs are not counted."""
    timeout: float | None = None
    """Seconds that one run may take; None is no limit."""
    tolerance: Tolerance = field(default_factory=Tolerance)
    try_remedies: bool = True
    """Whether mechanical remedies are applied to a copy and run."""
