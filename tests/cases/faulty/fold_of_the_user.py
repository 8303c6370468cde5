import os

home = os.environ["HOME"]  # expect: environment-variable
fold = len(home) * 7 % 11
print("fold", fold)
