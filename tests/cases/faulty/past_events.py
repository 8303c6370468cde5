import numpy as np

events = np.arange("2026-06-01", "2027-03-01", dtype="datetime64[D]")
past = events[events < np.datetime64("today")]  # expect: clock
print("share", round(len(past) / len(events), 3))
