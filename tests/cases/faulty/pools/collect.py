import time


class Collector:
    def __init__(self):
        self.seen = []

    def take(self, n):
        time.sleep(0.002 * (n * 5 % 7))
        self.seen.append(n)  # expect: completion-order
