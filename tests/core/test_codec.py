"""Values survive JSON, and what is not right is located."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_reprocheck.core.codec import from_json, to_json
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.findings import Audit, Effect, Finding, Sameness
from pytest_reprocheck.core.trace import Observation, Place
from pytest_reprocheck.core.values import Array, Items, Object, Opaque, Scalar, Table, Text, Value

_DIGESTS = st.text("0123456789abcdef", min_size=4, max_size=8)
_LEAVES: st.SearchStrategy[Value] = st.one_of(
    st.builds(Scalar, type=st.sampled_from(["int", "str"]), text=st.text(max_size=5), digest=_DIGESTS),
    st.builds(Text, text=st.text(max_size=20), digest=_DIGESTS),
    st.builds(Opaque, type=st.just("x.Y"), reason=st.text(max_size=5), digest=st.none() | _DIGESTS),
    st.builds(Array, dtype=st.just("<f8"), shape=st.tuples(st.integers(0, 9)), digest=_DIGESTS, blob=st.none()),
    st.builds(
        Table,
        type=st.just("pandas.DataFrame"),
        columns=st.just(()),
        data=st.just(()),
        dtypes=st.just(()),
        index=st.none(),
        digest=_DIGESTS,
    ),
)
_VALUES: st.SearchStrategy[Value] = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(
            Items,
            type=st.just("list"),
            length=st.integers(0, 9),
            keys=st.none(),
            values=st.lists(inner, max_size=3).map(tuple),
            digest=_DIGESTS,
        ),
        st.builds(
            Object, type=st.just("a.B"), fields=st.dictionaries(st.text(max_size=3), inner, max_size=3), digest=_DIGESTS
        ),
    ),
    max_leaves=8,
)


@given(_VALUES)
def test_values_round_trip(value: Value) -> None:
    """A value read back from its JSON is the same value."""
    item = Observation(seq=1, aspect="state", what="variable x", step=None, stack=(), value=value)
    assert from_json(Observation, to_json(item)) == item


def test_an_audit_round_trips() -> None:
    """Nested findings, enums and mappings come back as they were."""
    effect = Effect(aspect="outputs", place="a.py:1", what="stdout", sameness=Sameness.ORDERING, a="1", b="2")
    finding = Finding(
        id="0",
        cause="hash-order",
        severity="error",
        confirmed=True,
        aspects=("outputs",),
        location=Place(path="a.py", line=1),
        effects=(effect,),
        message="",
    )
    audit = Audit(
        path="a.py", kind="script", verdict="nondeterministic", findings=(finding,), parameters={"n": [1, None]}
    )
    assert from_json(Audit, to_json(audit)) == audit


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verdict": "fine"}, "$.verdict: expected one of"),
        ({"runs": "2"}, "$.runs: expected int, got '2'"),
        ({"runs": True}, "$.runs: expected int, got True"),
        ({"extra": 1}, "$: unknown key 'extra'"),
        ({"findings": {}}, "$.findings: expected an array, got {}"),
        ({"findings": [{"cause": "x"}]}, "$.findings[0]: missing key 'id'"),
        ({"conditions": {"A": {"seed": 1, "hash": 2}}}, "$.conditions.A: missing key 'threads'"),
    ],
)
def test_wrong_shapes_are_located(change: dict[str, Any], message: str) -> None:
    """The error names the element and what it should have been."""
    data = {"path": "a.py", "kind": "script", "verdict": "reproducible", **change}
    with pytest.raises(DecodeError) as caught:
        from_json(Audit, data)
    assert str(caught.value).startswith(message)


def test_an_unknown_kind_of_value_is_located() -> None:
    """A value of a kind that this version does not know is told by its path."""
    data = {"seq": 1, "aspect": "state", "what": "x", "step": None, "stack": [], "value": {"kind": "hologram"}}
    with pytest.raises(DecodeError, match=r"^\$\.value: unknown kind 'hologram'$"):
        from_json(Observation, data)
