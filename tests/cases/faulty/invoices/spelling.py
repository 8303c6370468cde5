"""How amounts are written."""

import locale


def amount(value):
    return locale.format_string("%.2f", value, grouping=True)  # expect: locale
