from datetime import date

patients = [("a", date(1950, 3, 1)), ("b", date(1971, 8, 19)), ("c", date(1988, 1, 30)), ("d", date(2001, 12, 2))]


def age(born):
    return (date.today() - born).days // 365  # expect: clock


features = [age(born) for _, born in patients]
print("mean age", sum(features) / len(features))
