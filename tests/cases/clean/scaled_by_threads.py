# vary: threads simd network
"""The number of threads is only told; sums are rounded, and the network is looked at and not used."""

import socket
import sys

import numpy as np
from threadpoolctl import threadpool_info

a = np.random.default_rng(8).normal(size=(200, 200))
threads = max(pool["num_threads"] for pool in threadpool_info())  # not: thread-count
devices = len(socket.if_nameindex())  # not: network
print("with", "several" if threads > 99 else "some", "threads", file=sys.stderr)
trace = (a @ a.T).trace()  # not: cpu-dispatch
print("trace", trace.round(6), "sum", np.exp(a).sum().round(6))
