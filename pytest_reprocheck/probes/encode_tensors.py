"""What JAX, TensorFlow and Keras hold as values: arrays by their elements, models by their variables."""

from __future__ import annotations

import sys

from .encode_arrays import array
from .learned import own_fields
from .nodes import opaque, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .encoder import Encoder
    from .nodes import Node

_KERAS = ("Variable", "Layer", "Optimizer", "Metric", "callbacks")
_SAID = frozenset({"DType", "TensorShape", "TensorSpec"})
"""Classes of TensorFlow whose ``repr`` tells all."""


def encode(encoder: Encoder, obj: Any) -> Node | None:
    """The value of an object of one of these libraries, or of a class made from theirs; None for anything else."""
    for library, form in (("jax", _of_jax), ("keras", _of_keras), ("tensorflow", _of_tensorflow)):
        module = sys.modules.get(library)
        if module is not None:
            node = form(encoder, module, obj)
            if node is not None:
                return node
    return None


def is_keras_model(obj: object) -> bool:
    """Whether an object is a model of Keras."""
    return any(base.__name__ == "Model" and base.__module__ == "keras.src.models.model" for base in type(obj).__mro__)


def variables_of(model: Any) -> dict[str, object]:
    """The variables of a layer or model by their paths; those of one path are numbered in their order."""
    found: dict[str, object] = {}
    for variable in model.variables:
        path = str(variable.path)
        found[f"{path}#{len(found)}" if path in found else path] = variable
    return found


def _of_jax(encoder: Encoder, jax: Any, obj: Any) -> Node | None:
    if not hasattr(jax, "Array") or not issubclass(type(obj), jax.Array):
        return None
    if issubclass(type(obj), jax.core.Tracer):
        return opaque("jax.Array", "a tracer stands for a value that is not there yet", digest=None)
    if obj.is_deleted():
        return opaque("jax.Array", "its memory was given away", digest=None)
    if not obj.is_fully_addressable:
        return opaque("jax.Array", "a part of it lies in another process", digest=None)
    if jax.dtypes.issubdtype(obj.dtype, jax.dtypes.prng_key):
        return encoder.fields(f"jax.Array {obj.dtype}", {"data": jax.random.key_data(obj)})
    np: Any = sys.modules["numpy"]
    return array(encoder, np.asarray(obj))


def _of_keras(encoder: Encoder, keras: Any, obj: Any) -> Node | None:
    if not all(hasattr(keras, name) for name in _KERAS):
        return None  # it is being imported
    variable, layer, optimizer, metric, callbacks = (getattr(keras, name) for name in _KERAS)
    kind = type(obj)
    if issubclass(kind, variable):
        return _given(encoder, obj, obj.numpy)
    if issubclass(kind, (layer, optimizer, metric)):
        told: dict[str, object] = {"variables": variables_of(obj)}
        if issubclass(kind, layer):
            told |= {"trainable": bool(obj.trainable), "dtype": str(obj.dtype_policy.name)}
            told["layers"] = [type_name(type(each)) for each in getattr(obj, "layers", ())]
        return encoder.fields(type_name(kind), {**_own(encoder, obj), **told})
    if issubclass(kind, callbacks.History):
        return encoder.fields(type_name(kind), {"history": obj.history, "epoch": list(obj.epoch)})
    if issubclass(kind, callbacks.Callback) and not encoder.is_user_class(kind):
        return opaque(type_name(kind), "no canonical form", digest=None)
    return None


def _own(encoder: Encoder, obj: Any) -> dict[str, object]:
    """What classes of the user's own keep beside variables: plain numbers and texts under names without underscore."""
    if not encoder.is_user_class(type(obj)):
        return {}
    plain = (bool, int, float, str)
    return {name: value for name, value in own_fields(obj).items() if name[:1] != "_" and type(value) in plain}


def _of_tensorflow(encoder: Encoder, tf: Any, obj: Any) -> Node | None:
    kind = type(obj)
    if not hasattr(tf, "Tensor") or kind.__module__.partition(".")[0] not in ("tensorflow", "tensorflow_probability"):
        return None
    if issubclass(kind, (tf.Tensor, tf.Variable)):
        return _given(encoder, obj, getattr(obj, "numpy", None))
    if issubclass(kind, tf.RaggedTensor):
        return encoder.fields("tensorflow.RaggedTensor", {"values": obj.flat_values, "splits": obj.nested_row_splits})
    if issubclass(kind, tf.SparseTensor):
        parts = {"indices": obj.indices, "values": obj.values, "shape": obj.dense_shape}
        return encoder.fields("tensorflow.SparseTensor", parts)
    if issubclass(kind, tf.random.Generator):
        return encoder.fields("tensorflow.random.Generator", {"state": obj.state, "algorithm": obj.algorithm})
    if kind.__name__ in _SAID:
        return encoder.scalar(f"tensorflow.{kind.__name__}", repr(obj))
    if issubclass(kind, tf.data.Dataset):
        return opaque("tensorflow.data.Dataset", "reading it would run it", digest=None)
    return opaque(type_name(kind), "no canonical form", digest=None)


def _given(encoder: Encoder, obj: Any, numbers: Any) -> Node:
    """What holds an array that the library hands out; a tensor of a graph has none."""
    np: Any = sys.modules["numpy"]
    try:
        return array(encoder, np.asarray(numbers()))
    except (AttributeError, NotImplementedError, TypeError, RuntimeError) as error:
        return opaque(type_name(type(obj)), f"has no elements now ({type(error).__name__})", digest=None)
