from workers.plan import chunks

data = [n * n % 31 for n in range(100)]
firsts = [sum(c) / len(c) for c in chunks(data)]
print("spread", max(firsts) - min(firsts))
