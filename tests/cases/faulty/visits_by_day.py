from clocks.local import day_of

visits = [1704060000 + 40000 * n for n in range(12)]
counts = {}
for visit in visits:
    counts[day_of(visit)] = counts.get(day_of(visit), 0) + 1
print(counts)
