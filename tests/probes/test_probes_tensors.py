"""Arrays, variables and models of JAX, TensorFlow and Keras: told by their elements, training seen as it goes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pytest_reprocheck.core.values import Array, Object

from .children import run_script
from .test_probes_values import digest, encode

KERAS = """\
import numpy as np, keras
rng = np.random.default_rng(0)
X = rng.normal(size=(64, 4)).astype("float32")
y = (X[:, 0] > 0).astype("float32")
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(4), keras.layers.Dense(1)])
model.compile("adam", "mse")
history = model.fit(X, y, epochs=2, batch_size=16, verbose=0)
labels = model.predict(X[:3], verbose=0)
score = model.evaluate(X, y, verbose=0)
again = model(X[:2])
"""


def test_arrays_of_jax_are_arrays() -> None:
    """The same elements have the digest that numpy's array has; keys and narrow floats are told by what they hold."""
    jax = pytest.importorskip("jax")
    array = jax.jit(lambda x: x * 2)(jax.numpy.arange(3.0))

    assert isinstance(encode(array), Array)
    assert digest(array) == digest(np.asarray(array))
    assert digest({"w": array}) != digest({"w": array + 1})
    assert digest(jax.random.key(1)) != digest(jax.random.key(2))
    assert digest(array.astype("bfloat16")) == digest(np.asarray(array.astype("bfloat16"))) != digest(array)
    assert encode(jax.jit(len)).digest is None
    array.delete()
    assert encode(array).digest is None


def test_tensors_of_tensorflow_are_arrays() -> None:
    """Tensors and variables by their elements; what has none, or would have to be run, says so."""
    tf = pytest.importorskip("tensorflow")
    tensor, variable = tf.constant([1.0, 2.0]), tf.Variable([1.0, 2.0])

    assert digest(tensor) == digest(variable) == digest(np.array([1, 2], dtype="f4"))
    assert digest(tf.constant(["a"])) != digest(tf.constant(["b"]))
    assert digest(tf.ragged.constant([[1], [2, 3]])) != digest(tf.ragged.constant([[1, 2], [3]]))
    assert digest(tf.sparse.from_dense([[0, 1]])) != digest(tf.sparse.from_dense([[1, 0]]))
    assert digest(tf.random.Generator.from_seed(1)) != digest(tf.random.Generator.from_seed(2))
    assert encode(tf.data.Dataset.range(3)).digest is None
    variable.assign([1.0, 3.0])
    assert digest(variable) != digest(tensor)


def test_training_with_keras_is_seen(tmp_path: Path) -> None:
    """Inputs, settings, weights on the way and at the end, history, predictions and scores, at the user's lines."""
    pytest.importorskip("keras")
    child = run_script(tmp_path / "project", KERAS)
    told = [(one.aspect, one.what, one.stack[0].place.line) for one in child.observations if one.stack]

    assert child.code == 0, child.stderr
    assert told == [
        ("features", "Sequential.fit X", 7),
        ("features", "Sequential.fit y", 7),
        ("training", "Sequential.fit parameters", 7),
        ("state", "Sequential.fit weights on the way", 7),
        ("training", "Sequential.fit weights", 7),
        ("training", "Sequential.fit history", 7),
        ("predictions", "Sequential.predict", 8),
        ("predictions", "Sequential.evaluate", 9),
        ("predictions", "Sequential.__call__", 10),
    ]
    models = [one.value for one in child.observations if one.what == "variable model"]
    assert [isinstance(model, Object) and len(model.fields["variables"].keys or ()) for model in models[-1:]] == [4]  # type: ignore[union-attr]
    assert len({model.digest for model in models}) == len(models) > 1
    assert child.not_compared == []
