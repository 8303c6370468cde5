"""What the numeric libraries run with."""

from threadpoolctl import threadpool_info


def pool_size():
    return max(pool["num_threads"] for pool in threadpool_info()) + 1  # expect: thread-count
