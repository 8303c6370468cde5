"""Amounts are spelled as the machine's locale has it, and their lengths set the columns' widths."""

import locale

from invoices.spelling import amount

locale.setlocale(locale.LC_ALL, "")
lines = [("paper", 1234.5), ("ink", 89.9), ("printer", 20499.0)]
spelled = [amount(value) for _name, value in lines]
width = max(map(len, spelled))
for (name, _value), text in zip(lines, spelled):
    print(f"{name:10s}{text:>{width}s}")
