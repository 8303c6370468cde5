# needs: polars
import polars as pl

frame = pl.DataFrame({"n": range(200)})
print("mean", frame.sample(20, seed=3)["n"].mean())  # not: os-entropy
pl.set_random_seed(5)
print("again", frame.sample(20)["n"].mean(), frame["n"].shuffle()[0])
