"""Dates in the data, one of them taken for today; the clock is asked for the duration alone."""

import sys
import time
from datetime import date, timedelta

START = time.perf_counter()
ORDERS = [date(2024, 1, 1) + timedelta(days=(n * 17) % 90) for n in range(30)]
TODAY = max(ORDERS)

ages = [(TODAY - day).days for day in ORDERS]
weekdays = [day.isoweekday() for day in ORDERS]
print("mean age", sum(ages) / len(ages))
print("weekend share", sum(day > 5 for day in weekdays) / len(weekdays))
print(f"took {time.perf_counter() - START:.3f} s", file=sys.stderr)  # not: clock
