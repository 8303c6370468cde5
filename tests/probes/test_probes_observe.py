"""Observing a function inside this process, and leaving the process as it was."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.ensemble._forest import BaseForest
from sklearn.utils.validation import check_random_state

from pytest_reprocheck.probes import Recording, observe


def draw(scale: int = 1) -> list[float]:
    """Unseeded draws of every source, and a fit."""
    features = np.arange(20.0).reshape(10, 2)
    model = RandomForestClassifier(2).fit(features, [0, 1] * 5)
    values = [random.random(), float(np.random.rand()), float(np.random.default_rng().random()), os.urandom(1)[0]]
    return [scale * value for value in values] + list(map(float, model.predict_proba(features)[:, 0]))


def fail() -> None:
    """Seed, then raise."""
    np.random.seed(0)
    random.seed(0)
    raise KeyError("x")


def _observe(function: Any, *args: object, seed: int = 1, streams: dict[str, int] | None = None) -> Recording:
    here = Path(__file__)
    config = {"root": str(here.parent), "path": here.name, "seed": seed, "streams": streams or {}}
    return observe(function, args, {}, config)


def _patched_places() -> list[object]:
    return [
        *(vars(random)[name] for name in ("seed", "setstate", "shuffle")),
        *(type(random._inst), random.Random.seed, random.random(), random.getstate()),
        *(os.urandom, np.random.bit_generator.randbits, np.random.get_bit_generator(), np.random.rand()),  # type: ignore[attr-defined]
        *(check_random_state.__code__, vars(BaseForest)["fit"], list(sys.meta_path)),
        *(vars(BaseEstimator).get("__init_subclass__"), sorted(vars(sys.modules["sklearn.utils.validation"]))),
    ]


@pytest.mark.parametrize("function", [draw, fail])
def test_the_process_is_left_as_it_was(function: Any) -> None:
    """Global states, functions, classes and import hooks are what they were, also when the function raised."""
    random.seed(11)
    np.random.seed(11)
    before = _patched_places()
    random.seed(11)
    np.random.seed(11)
    _observe(function)
    assert _patched_places() == before


def test_values_and_lines() -> None:
    """The result is determined by seed and streams; the lines tell draws, the fit, the return value and the end."""
    first = _observe(draw, 2)
    assert first.result == _observe(draw, 2).result
    assert first.result != _observe(draw, 2, seed=2).result
    events = [line for line in first.lines if line["type"] == "event"]
    assert [line["source"] for line in events] == ["estimator", "random", "numpy", "numpy", "entropy"]
    assert {line["stack"][0]["place"]["path"] for line in events} == {Path(__file__).name}
    about = [line["what"] for line in first.lines if line["type"] == "observation"]
    assert about[0] == "RandomForestClassifier.fit X"
    last, end = first.lines[-2:]
    assert (end["type"], end["reached"]) == ("end", [Path(__file__).name])
    assert (last["aspect"], last["what"], last["value"]["kind"]) == ("outputs", "return value", "items")
    stream = next(line["stream"] for line in events if line["source"] == "entropy")
    varied = _observe(draw, 2, streams={stream: 5}).result
    assert isinstance(varied, list)
    assert isinstance(first.result, list)
    assert [i for i, (a, b) in enumerate(zip(first.result, varied, strict=True)) if a != b] == [3]


def test_an_exception_is_handed_back() -> None:
    """What the function raised comes back with a traceback of its own frames; there is no return value then."""
    recording = _observe(fail)
    assert isinstance(recording.exception, KeyError)
    assert recording.exception.__traceback__ is not None
    assert recording.exception.__traceback__.tb_frame.f_code.co_name == "fail"
    assert [line for line in recording.lines if line["type"] == "observation"] == []
