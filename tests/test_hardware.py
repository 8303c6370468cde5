"""Factors of the level ``hardware``: each shows what it alone changes, and leaves sound scripts alone."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from pytest_reprocheck import Audit, Options, Subject, audit
from pytest_reprocheck.auditing import this_machine
from pytest_reprocheck.core.conditions import FACTORS, FactorName

_ROUTES = Path("/proc/net/route")
ROUTED = _ROUTES.exists() and len(_ROUTES.read_text(encoding="ascii").splitlines()) > 1
"""Whether this machine has a way out at all."""
ALL = tuple(factor.name for factor in FACTORS)
CHUNKS = """\
    import numpy as np
    from threadpoolctl import threadpool_info
    pools = max(pool["num_threads"] for pool in threadpool_info())
    print([float(part.sum()) for part in np.array_split(np.arange(100.0), pools)])
"""
ILL_CONDITIONED = """\
    import numpy as np
    a = np.random.default_rng(0).normal(size=(300, 300))
    a = a @ a.T
    print("log of the smallest", np.log(np.abs(np.linalg.eigvalsh(a @ a @ a)[0])))
"""
ROUTES = """\
    from pathlib import Path
    routes = [line for line in Path("/proc/net/route").read_text().splitlines()[1:] if line]
    print("there is a way out" if routes else "there is none")
"""
SOUND = """\
    import numpy as np
    a = np.random.default_rng(0).normal(size=(300, 300))
    print(float((a @ a.T).trace().round(6)), float(np.exp(a).sum().round(6)))
"""


def audited(root: Path, text: str, *, but: FactorName | None = None) -> Audit:
    """With every factor varied ``but`` one, and no remedy tried."""
    (root / "train.py").write_text(textwrap.dedent(text), encoding="utf-8")
    options = Options(vary=tuple(name for name in ALL if name != but), try_remedies=False)
    return audit(Subject(root=root, path="train.py", kind="script"), options)


@pytest.mark.parametrize(
    ("text", "cause", "factor"),
    [(CHUNKS, "thread-count", "threads"), (ILL_CONDITIONED, "cpu-dispatch", "simd"), (ROUTES, "network", "network")],
    ids=["threads", "simd", "network"],
)
def test_a_hardware_factor_shows_what_it_alone_changes(
    tmp_path: Path, text: str, cause: str, factor: FactorName
) -> None:
    """Nothing in the log speaks for it: it is found among the factors without evidence."""
    if factor == "network" and not (this_machine().network and ROUTED):
        pytest.skip("no network, or none that a run can be cut off from")
    # The digits that other kernels change, other threads change too.
    result = audited(tmp_path, text, but="threads" if factor == "simd" else None)
    if result.factors[factor].status != "applied":
        pytest.skip(f"{factor} cannot be varied here: {result.factors[factor].reason}")
    assert [finding.cause for finding in result.findings if finding.confirmed] == [cause]
    assert result.verdict == ("nondeterministic" if cause == "network" else "fragile")


def test_a_sound_script_bears_all_factors(tmp_path: Path) -> None:
    """Other threads, kernels and no network change its last digits at most."""
    result = audited(tmp_path, SOUND)
    assert (result.verdict, result.findings) == ("reproducible", ())
    assert len(result.factors) == len(FACTORS)
