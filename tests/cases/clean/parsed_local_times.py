from datetime import datetime

rows = ["2024-01-03 10:00", "2024-02-04 11:30"]
parsed = [datetime.strptime(r, "%Y-%m-%d %H:%M") for r in rows]  # not: timezone
print([(p.hour, p.weekday()) for p in parsed])
