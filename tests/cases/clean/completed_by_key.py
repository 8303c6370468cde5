"""Results of pools taken as they complete, and put back in order by what they are results of."""

import asyncio
import multiprocessing
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, as_completed, wait

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

SIZES = [20, 1, 8]
X, y = load_breast_cancer(return_X_y=True)


def score(size):
    model = RandomForestClassifier(n_estimators=size, max_depth=3, random_state=0)
    return cross_val_score(model, X, y, cv=3).mean()


def numbered_square(number):
    return number, number * number


async def doubled(number):
    await asyncio.sleep(0.01 * (number % 3))
    return 2 * number


async def total():
    return sum([await answer for answer in asyncio.as_completed([doubled(number) for number in range(6)])])


def main():
    with ThreadPoolExecutor(max_workers=3) as pool:
        size_of = {pool.submit(score, size): size for size in SIZES}
        scores = {size_of[future]: future.result() for future in as_completed(size_of)}  # not: completion-order
        pending, finished = set(size_of), 0
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            finished += len(done)
        in_order = list(pool.map(score, SIZES[1:]))
    print({size: round(scores[size], 4) for size in SIZES}, finished, in_order == [scores[size] for size in SIZES[1:]])
    with multiprocessing.get_context("fork").Pool(2) as pool:
        squares = dict(pool.imap_unordered(numbered_square, range(20)))
    print([squares[number] for number in range(20)])
    print(asyncio.run(total()))


if __name__ == "__main__":
    main()
