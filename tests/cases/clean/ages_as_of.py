from datetime import date, datetime, timezone

AS_OF = date(2024, 6, 30)  # not: clock
stamp = datetime.now(timezone.utc).isoformat()
ages = [(AS_OF - date(1980 + n, 1, 1)).days // 365 for n in range(5)]
print(ages)
