import time

stamps = [1700000000 + 5417 * n for n in range(200)]
by_hour = {}
for stamp in stamps:
    hour = time.strftime("%H", time.localtime(stamp))  # expect: timezone
    by_hour[hour] = by_hour.get(hour, 0) + 1
print(sorted(by_hour.items())[:5])
