"""Removing what a run left, whatever permissions it left it with."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def remove(path: Path) -> None:
    """Remove a folder with everything in it; nothing where it is gone already.

    Never follows a link: what a run linked to is the user's.
    """
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return
    except PermissionError:
        # Subjects, and the kernel in the work folder of an overlay, make folders that their owner cannot look into.
        path.chmod(0o700)
        for here, names, _files in os.walk(path):
            for name in names:
                if not Path(here, name).is_symlink():
                    Path(here, name).chmod(0o700)
        shutil.rmtree(path)
