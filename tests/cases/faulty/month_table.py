import calendar
import locale

locale.setlocale(locale.LC_ALL, "")
sales = {n: n * 7 % 5 for n in range(1, 13)}
table = {calendar.month_name[n]: v for n, v in sales.items()}  # expect: locale
print(sorted(table)[:3])
