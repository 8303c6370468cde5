import datetime as dt


def day_of(stamp):
    return dt.date.fromtimestamp(stamp).isoformat()  # expect: timezone
