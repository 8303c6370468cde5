"""Figures of matplotlib that a script shows, as pictures: open at its end, or shown and then closed."""

from __future__ import annotations

import functools
import io
import sys

from .frames import without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from .probe import Probe

_SHOWN = "_reprocheck_shown"
"""Set on the manager of a figure that was shown."""


def install(probe: Probe, module: Any) -> None:
    """Watch the managers of ``matplotlib.backend_bases``: ``plt.show()`` and ``plt.close()`` end there.

    Under a backend without windows nothing else would tell that a figure was shown.
    """
    manager_class = module.FigureManagerBase
    plain_show, plain_destroy = manager_class.show, manager_class.destroy
    keep = probe.guarded("figures", functools.partial(_observe, probe))

    @functools.wraps(plain_show)
    def show(manager: Any) -> Any:
        setattr(manager, _SHOWN, True)
        try:
            return plain_show(manager)
        except BaseException as error:
            without_this_frame(error)
            raise

    @functools.wraps(plain_destroy)
    def destroy(manager: Any) -> Any:
        if vars(manager).pop(_SHOWN, False) and probe.log.main:
            keep(manager.canvas.figure, f"figure {manager.num} shown")
        return plain_destroy(manager)

    probe.replace(manager_class, "show", show)
    probe.replace(manager_class, "destroy", destroy)


def record(probe: Probe) -> None:
    """Write each figure that is open at the end."""
    helpers: Any = sys.modules.get("matplotlib._pylab_helpers")
    if helpers is None or not hasattr(helpers, "Gcf"):
        return
    for manager in helpers.Gcf.get_all_fig_managers():
        # Matplotlib closes them when the interpreter ends.
        vars(manager).pop(_SHOWN, None)
        probe.guarded(f"figure {manager.num}", _observe)(probe, manager.canvas.figure, f"figure {manager.num}")


def _observe(probe: Probe, figure: Any, what: str) -> None:
    file = io.BytesIO()
    # Without metadata of its own the file tells nothing but the picture.
    figure.savefig(file, format="png", metadata={"Software": None})
    data = file.getvalue()
    digest = probe.digests.of("image/png", data)
    blob = probe.blobs.write(f"{digest}.png", len(data), functools.partial(_fill, data))
    probe.observe("outputs", what, {"kind": "image", "mime": "image/png", "digest": digest, "blob": blob})


def _fill(data: bytes, file: BinaryIO) -> None:
    file.write(data)
