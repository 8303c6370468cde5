import threading


class Trainer(threading.Thread):
    scores = {}

    def __init__(self, n):
        super().__init__()
        self.n = n

    def run(self):
        total = sum(i * i for i in range(2000 * (self.n % 3)))
        Trainer.scores[f"model{self.n}"] = total % 101  # expect: completion-order


def main():
    trainers = [Trainer(n) for n in range(5)]
    for trainer in trainers:
        trainer.start()
    for trainer in trainers:
        trainer.join()
    print(list(Trainer.scores))


main()
