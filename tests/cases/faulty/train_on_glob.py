"""The first stations that the folder names are for training, the others for the test."""

from pathlib import Path

import pandas as pd
from sklearn.tree import DecisionTreeRegressor


def load(files):
    frame = pd.concat([pd.read_csv(file) for file in files])
    return frame[["pressure", "humidity"]].to_numpy(), frame["temperature"].to_numpy()


def main():
    folder = Path(__file__).parent.parent / "stations"
    files = list(folder.glob("*.csv"))  # expect: file-order
    X, y = load(files[:4])
    X_test, y_test = load(files[4:])
    model = DecisionTreeRegressor(max_depth=3, random_state=0).fit(X, y)
    error = abs(model.predict(X_test) - y_test).mean()
    print(f"mean error {error:.3f} on {len(y_test)} readings")


main()
