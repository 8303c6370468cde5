"""The zone of the data is named; naive datetimes are compared with each other only."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

STAMPS = [1_700_000_000 + 9_000 * n for n in range(12)]
zone = ZoneInfo("Europe/Berlin")
local = [datetime.fromtimestamp(stamp, tz=zone) for stamp in STAMPS]  # not: timezone
naive = [datetime(2024, 3, 30) + timedelta(hours=6 * n) for n in range(6)]
print("hours", [moment.hour for moment in local])
print("days", len({moment.date() for moment in naive}), naive[-1] - naive[0])
