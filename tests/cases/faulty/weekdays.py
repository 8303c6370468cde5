import locale
from datetime import date

locale.setlocale(locale.LC_TIME, "")


def label(day):
    return day.strftime("%a")  # expect: locale


days = [date(2024, 1, n) for n in range(1, 15)]
counts = {}
for day in days:
    counts[label(day)] = counts.get(label(day), 0) + 1
print(counts)
