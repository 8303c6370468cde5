"""A running average over answers of several servers, in the order in which they answer."""

import asyncio

QUOTES = {"berlin": 101.2, "london": 99.7, "new york": 104.9, "tokyo": 97.3, "zurich": 100.4}
LATENCY = {"berlin": 0.03, "london": 0.01, "new york": 0.05, "tokyo": 0.02, "zurich": 0.04}


async def quote(city):
    await asyncio.sleep(LATENCY[city])
    return QUOTES[city]


async def main():
    average = None
    for answer in asyncio.as_completed([quote(city) for city in QUOTES]):  # expect: completion-order
        value = await answer
        average = value if average is None else 0.6 * average + 0.4 * value
    print(f"smoothed quote {average:.3f}")


asyncio.run(main())
