import time


def since(days):
    return int(time.time() // 86400) - days  # expect: clock
