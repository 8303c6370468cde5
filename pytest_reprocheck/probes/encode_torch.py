"""torch's tensors, modules and optimizers as values: tensors by their elements, the others by what they hold."""

from __future__ import annotations

import sys

from .encode_arrays import array
from .nodes import opaque, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .encoder import Encoder
    from .nodes import Node

_VIEWS = {1: "uint8", 2: "int16", 4: "int32", 8: "int64"}
"""Integers of the same width, for element types that numpy lacks."""


def encode(encoder: Encoder, obj: Any) -> Node | None:
    """The value of an object of torch, or of a class made from its; None for anything else."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "Tensor"):
        return None
    if issubclass(type(obj), torch.Tensor):
        return _tensor(encoder, torch, obj)
    script: Any = getattr(torch.jit, "ScriptModule", None)
    if script is not None and issubclass(type(obj), script):
        # Compiled: what is learned lies in C++, and is given out by name.
        return encoder.fields(type_name(type(obj)), {**obj.state_dict(), "(training)": bool(obj.training)})
    if issubclass(type(obj), torch.nn.Module):
        own = object.__getattribute__(obj, "__dict__")
        parts = {name: own.get(f"_{name}") or {} for name in ("parameters", "buffers", "modules")}
        plain = {name: value for name, value in own.items() if not name.startswith("_") and name != "training"}
        return encoder.fields(type_name(type(obj)), {**plain, **parts, "training": bool(own.get("training"))})
    if issubclass(type(obj), torch.optim.Optimizer):
        return _optimizer(encoder, obj)
    if issubclass(type(obj), torch.Generator):
        return encoder.fields("torch.Generator", {"state": obj.get_state()})
    if issubclass(type(obj), (torch.dtype, torch.device, torch.Size)):
        return encoder.scalar(type_name(type(obj)), repr(obj))
    return None


def _tensor(encoder: Encoder, torch: Any, obj: Any) -> Node:
    """A tensor by element type, shape and elements in C order; on which device it lies does not count."""
    name = str(obj.dtype)
    if obj.device.type == "meta":
        return opaque("torch.Tensor", "a meta tensor has no elements", digest=None)
    with torch.no_grad():
        plain = obj.detach()
        if plain.is_quantized:
            scheme = {"scheme": str(plain.qscheme()), "values": plain.dequantize(), "integers": plain.int_repr()}
            return encoder.fields(f"torch.Tensor {name}", scheme)
        if plain.layout is not torch.strided:
            plain = plain.to_dense()
        plain = plain.cpu().resolve_conj().resolve_neg()
        if name == "torch.bfloat16" or name.startswith("torch.float8"):
            # Each of these is a float32 exactly; that their type is another one stands beside it.
            return encoder.fields(f"torch.Tensor {name}", {"values": plain.float().numpy()})
        try:
            return array(encoder, plain.numpy())
        except (TypeError, RuntimeError):
            width = _VIEWS.get(plain.element_size())
            if width is None:
                return opaque("torch.Tensor", f"elements of {name} have no canonical form", digest=None)
            return encoder.fields(f"torch.Tensor {name}", {"bits": plain.contiguous().view(getattr(torch, width))})


def _optimizer(encoder: Encoder, obj: Any) -> Node:
    """An optimizer by its groups' settings and its state, in the order of the parameters and not by their addresses."""
    own = object.__getattribute__(obj, "__dict__")
    groups, state = own.get("param_groups") or [], own.get("state") or {}
    settings = [{name: value for name, value in group.items() if name != "params"} for group in groups]
    held = [[state.get(parameter) for parameter in group["params"]] for group in groups]
    return encoder.fields(type_name(type(obj)), {"groups": settings, "state": held})
