import threading
import time

results = []


def work(n):
    time.sleep(0.005 * (n % 3))
    results.append(n)  # expect: completion-order


threads = [threading.Thread(target=work, args=(n,)) for n in range(9)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(results)
