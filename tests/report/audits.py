"""Audits for the tests of the reports."""

from __future__ import annotations

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.findings import Audit, Effect, FactorReport, Finding, Invocation, Sameness
from pytest_reprocheck.core.trace import Aspect, NotCompared, Place


def effect(number: int = 0, aspect: Aspect = "features", a: str = "age, city", b: str = "city, age") -> Effect:
    """The effect in one cell."""
    return Effect(
        aspect=aspect,
        place=f"churn.ipynb cell[{number}]:1",
        what="RandomForestClassifier.fit feature names",
        sameness=Sameness.ORDERING,
        a=a,
        b=b,
        note="2 of 5 columns moved",
    )


HASH_ORDER = Finding(
    id="a1b2",
    cause="hash-order",
    severity="error",
    confirmed=True,
    aspects=("features", "predictions"),
    location=Place(path="churn.ipynb", cell=4, line=2),
    source="cols = list(set(num) | set(cat))",
    effects=(effect(6), effect(7, "predictions", "0.861", "0.857")),
    message="With the hash seed alone varied, exactly these differences come.",
    remedy="cols = sorted(set(num) | set(cat))  (tried: gone)",
)

CHURN = Audit(
    path="churn.ipynb",
    kind="notebook",
    parameters={"beta": 2, "alpha": 0.1},
    verdict="nondeterministic",
    runs=5,
    trials=1,
    seconds=21.04449,
    conditions={
        "B": Conditions(seed=3, hash=4, threads=1, streams={"z": 1, "a": 2}),
        "A": Conditions(seed=1, hash=2, threads=1),
    },
    factors={"seed": FactorReport(status="applied"), "hash": FactorReport(status="applied")},
    findings=(HASH_ORDER,),
    not_compared=(NotCompared(what="variable model", reason="too large"),),
    environment={"python": "3.12.1", "packages": {"numpy": "2.0", "a": "1"}},
    invocation=Invocation(args=("--fast",), env={"B": "1", "A": "2"}),
)

TRAIN = Audit(
    path="train.py",
    kind="script",
    verdict="reproducible",
    runs=2,
    seconds=9.0,
    factors={
        "seed": FactorReport(status="applied"),
        "hash": FactorReport(status="ineffective", reason="PYTHONHASHSEED is set in the script"),
    },
)

BROKEN = Audit(
    path="broken.ipynb",
    kind="notebook",
    verdict="failed",
    reason="NameError: name 'df' is not defined",
    detail="\n".join(
        [*(f"line {number}" for number in range(30)), "\x1b[31mNameError\x1b[0m: name 'df' is not defined"]
    ),
    runs=2,
    seconds=3.0,
)
