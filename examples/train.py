"""Trains the churn model of the weekly report and prints its figures.

Run as `python examples/train.py` from anywhere.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

DATA = Path(__file__).parent / "data" / "customers.csv"
NUMERIC = ["tenure", "charge", "support_calls", "usage", "late_payments"]
CATEGORICAL = ["plan", "region", "contract"]


def load(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, index_col="customer")


def balance(customers: pd.DataFrame) -> pd.DataFrame:
    """Repeat churned customers until both classes are equally frequent."""
    churned = customers[customers["churned"] == 1]
    missing = len(customers) - 2 * len(churned)
    rng = np.random.default_rng()
    repeated = churned.iloc[rng.integers(0, len(churned), missing)]
    return pd.concat([customers, repeated])


def build_model(trees: int) -> Pipeline:
    columns = ColumnTransformer([("scale", StandardScaler(), NUMERIC), ("encode", OneHotEncoder(), CATEGORICAL)])
    return Pipeline([("columns", columns), ("forest", RandomForestClassifier(n_estimators=trees, max_depth=8))])


def report(model: Pipeline, test: pd.DataFrame) -> None:
    features = test[NUMERIC + CATEGORICAL]
    predicted = model.predict(features)
    probability = model.predict_proba(features)[:, 1]
    print(f"customers  {len(test)}")
    print(f"accuracy   {accuracy_score(test['churned'], predicted):.4f}")
    print(f"auc        {roc_auc_score(test['churned'], probability):.4f}")
    print(f"at risk    {', '.join(test.index[np.argsort(-probability, kind='stable')[:5]])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trees", type=int, default=40)
    options = parser.parse_args()
    customers = load(DATA)
    train, test = train_test_split(customers, test_size=0.3, stratify=customers["churned"])
    train = balance(train)
    model = build_model(options.trees)
    model.fit(train[NUMERIC + CATEGORICAL], train["churned"])
    report(model, test)


if __name__ == "__main__":
    main()
