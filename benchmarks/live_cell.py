"""What ``%%reproaudit`` adds to a cell in a session that holds much memory.

The cell is run plainly and with the magic, in turns. Runs A and B go on side by side and the real run comes after them:
what is beyond two plain runs is the magic's own time.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

_CELL = "means = frame.mean()\nprint(float(means.sum()))"


def seconds(client: BlockingKernelClient, code: str) -> float:
    """How long a cell takes until the kernel has answered; raises RuntimeError where it fails."""
    begun = time.perf_counter()
    reply = client.execute_interactive(code, timeout=600, output_hook=lambda _message: None)
    if reply["content"]["status"] != "ok":
        raise RuntimeError("\n".join(reply["content"]["traceback"]))
    return time.perf_counter() - begun


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the seconds of both, and what the magic adds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--gigabytes", type=float, default=2.0, help="of a data frame (default %(default)s)")
    parser.add_argument("--pairs", type=int, default=5, help="of a plain and an audited cell (default %(default)s)")
    options = parser.parse_args(arguments)
    columns = 16
    rows = int(options.gigabytes * 1e9 / 8 / columns)
    with tempfile.TemporaryDirectory(prefix="live-") as folder:
        manager, client = start_new_kernel(kernel_name="python3", cwd=folder)
        try:
            seconds(client, "%load_ext pytest_reprocheck\nimport numpy as np, pandas as pd")
            seconds(client, f"frame = pd.DataFrame(np.random.default_rng(0).random(({rows}, {columns})))")
            seconds(client, f"%%reproaudit\n{_CELL}")  # what is loaded once in a session
            plain, audited = [], []
            for _ in range(options.pairs):
                plain.append(seconds(client, _CELL))
                audited.append(seconds(client, f"%%reproaudit\n{_CELL}"))
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    one, other = statistics.median(plain), statistics.median(audited)
    on_top = other - 2 * one
    print(f"{options.gigabytes} GB: {one:.2f} s plainly, {other:.2f} s audited, {on_top:.2f} s on top of two runs")


if __name__ == "__main__":
    main()
