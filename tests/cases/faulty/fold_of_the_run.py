from runs.naming import run_number

groups = {n: n % 3 for n in range(9)}
fold = run_number() % 1009
print("fold", fold)
