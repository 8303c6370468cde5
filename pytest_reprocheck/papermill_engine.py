"""The entry point for papermill, ``papermill --engine reprocheck``: it imports nothing and never raises.

papermill loads the engines of all packages when it is imported. So nothing is done here, and where the engine itself
cannot be loaded, papermill's own one makes the run.
"""

from __future__ import annotations

import warnings
from typing import Any


class ReprocheckEngine:
    """papermill's engine, with a run in isolation before it and a comparison of both after it."""

    @staticmethod
    def execute_notebook(nb: Any, kernel_name: str, *args: Any, **kwargs: Any) -> Any:
        """Execute a notebook as papermill does, with its arguments; the audit is in the result's metadata."""
        try:
            from pytest_reprocheck.papermill_run import execute_notebook
        except Exception as error:
            from papermill.engines import NBClientEngine

            note = f"not audited: {type(error).__name__}: {error}"
            warnings.warn(f"reprocheck: {note}", stacklevel=2)
            executed = NBClientEngine.execute_notebook(nb, kernel_name, *args, **kwargs)
            executed.metadata["reprocheck"] = {"note": note}
            return executed
        return execute_notebook(nb, kernel_name, *args, **kwargs)

    @staticmethod
    def nb_kernel_name(nb: Any, name: str | None = None) -> Any:
        """The kernel that is asked for, as papermill says it."""
        from papermill.utils import nb_kernel_name

        return nb_kernel_name(nb, name)

    @staticmethod
    def nb_language(nb: Any, language: str | None = None) -> Any:
        """The notebook's language, as papermill says it."""
        from papermill.utils import nb_language

        return nb_language(nb, language)
