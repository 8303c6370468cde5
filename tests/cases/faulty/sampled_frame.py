# needs: polars
import polars as pl

frame = pl.DataFrame({"n": range(200)})
part = frame.sample(20)  # expect: os-entropy
print("mean", part["n"].mean())
