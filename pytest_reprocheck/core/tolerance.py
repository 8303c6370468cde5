"""How far apart two floats may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """How far apart two floats may be and still count as the same, as ``torch.testing.assert_close`` has it."""

    rtol: float | None = None
    """None: by dtype, 1e-7 for float64 and text, 1.3e-6 for float32."""
    atol: float | None = None
    """None: by dtype, 1e-7 for float64 and text, 1e-5 for float32."""
