import pandas as pd


def dedupe(path):
    frame = pd.read_csv(path)
    frame = frame.iloc[1:]
    frame.to_csv(path, index=False)  # expect: input-mutated
    return len(frame)
