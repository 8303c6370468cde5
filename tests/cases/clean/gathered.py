"""Coroutines end in any order, and gather gives their results in the order of the calls."""

import asyncio


async def measure(number):
    await asyncio.sleep(0.01 * (number * 7 % 5))
    return number * number


async def main():
    squares = await asyncio.gather(*(measure(number) for number in range(6)))  # not: completion-order
    done, _ = await asyncio.wait([asyncio.ensure_future(measure(number)) for number in range(4)])
    print(squares, sorted(task.result() for task in done))


asyncio.run(main())
