with open("results.csv", "a") as file:  # expect: leftover-state
    for n in range(3):
        file.write(f"{n},{n * n}\n")
rows = open("results.csv").read().splitlines()
print("mean", sum(int(r.split(",")[1]) for r in rows), len(rows))
