"""A seed can be given, and is not; the pause before drawing is random too."""

import argparse
import random
import time
import sys


def parse():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int, default=None)
    p.add_argument("--n", type=int, default=5)
    return p.parse_args([])


def jitter():
    time.sleep(random.uniform(0, 0.01))


def main():
    args = parse()
    if args.seed is not None:
        random.seed(args.seed)
    print("started", time.strftime("%H:%M"), file=sys.stderr)
    data = [random.gauss(0, 1) for _ in range(args.n)]  # expect: unseeded-random
    print("mean", round(sum(data) / len(data), 5))


main()
