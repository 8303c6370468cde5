import threading
import time

results = [0] * 8


def work(n):
    time.sleep(0.003 * (n % 3))
    results[n] = n * n  # not: completion-order


threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(results)
