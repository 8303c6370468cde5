import time


def search(seconds):
    best, x = 1e9, 0.37
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:  # expect: clock
        for _ in range(200):
            x = 3.9 * x * (1 - x)
            best = min(best, abs(x - 0.123456))
        time.sleep(0.001)
    return best


print("best", search(0.3))
