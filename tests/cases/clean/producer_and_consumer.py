import queue
import threading

tasks, done = queue.Queue(2), []


def produce():
    for n in range(20):
        tasks.put(n)
    tasks.put(None)


def consume():
    while (n := tasks.get()) is not None:
        done.append(n * n)  # not: completion-order


threads = [threading.Thread(target=produce), threading.Thread(target=consume)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(sum(done), done[:3])
