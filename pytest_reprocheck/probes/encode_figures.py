"""matplotlib's figures and axes as values: by what they were told to show."""

from __future__ import annotations

import sys
from functools import partial

from .nodes import opaque, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .encoder import Encoder
    from .nodes import Node

_GIVEN = (
    ("Line2D", ("get_xydata", "get_color", "get_linestyle", "get_linewidth", "get_marker")),
    ("Rectangle", ("get_bbox", "get_facecolor", "get_edgecolor")),
    ("Patch", ("get_verts", "get_facecolor", "get_edgecolor")),
    ("Text", ("get_text", "get_position", "get_color")),
    ("Collection", ("get_offsets", "get_array", "get_facecolor", "get_edgecolor", "get_linewidth")),
    ("Collection", ("get_sizes", "get_coordinates")),
    ("Quiver", ("U", "V")),
    ("Barbs", ("u", "v")),
    ("AxesImage", ("get_array", "get_extent")),
    ("Axes", ("get_xlim", "get_ylim", "get_xscale", "get_yscale", "get_title")),
    ("Figure", ("get_size_inches", "get_dpi")),
)
"""Base classes of what a figure shows, and the methods or attributes that give it, where a class has them."""
_OWNERS: tuple[str, ...] = ("matplotlib.lines", "matplotlib.patches", "matplotlib.text", "matplotlib.collections")
_OWNERS += (
    "matplotlib.image",
    "matplotlib.axes._base",
    "matplotlib.axes._axes",
    "matplotlib.figure",
    "matplotlib.quiver",
)


def encode(encoder: Encoder, obj: Any) -> Node | None:
    """The value of a figure, of axes or of what they show; None for anything else."""
    artist: Any = sys.modules.get("matplotlib.artist")
    if artist is None or not issubclass(type(obj), artist.Artist):
        return None
    if type(obj).__module__.partition(".")[0] not in ("matplotlib", "mpl_toolkits", "seaborn"):
        return opaque(type_name(type(obj)), "a picture of a class of its own", digest=None)
    fields: dict[str, object] = {"visible": obj.get_visible()}
    names = {kind.__name__ for kind in type(obj).__mro__ if kind.__module__ in _OWNERS}
    for base, methods in _GIVEN:
        if base in names:
            for method in filter(partial(hasattr, obj), methods):
                value = getattr(obj, method)
                value = value() if callable(value) else value
                fields[method.removeprefix("get_")] = value.get_points() if method == "get_bbox" else value
    if "Collection" in names and "coordinates" not in fields:
        # Bands, bars of errors and contours are nothing but their paths; a mesh has its corners.
        fields["paths"] = [each.vertices for each in obj.get_paths()]
    fields["children"] = [child for child in obj.get_children() if child.get_visible()]
    return encoder.fields(f"matplotlib.{type(obj).__name__}", fields)
