"""Writes customers.csv, the data of these examples: the same 1,200 invented customers each time."""

from pathlib import Path

import numpy as np
import pandas as pd

CUSTOMERS = 1200


def make_customers(seed: int = 20240517) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    tenure = rng.integers(1, 73, CUSTOMERS)
    plan = rng.choice(["basic", "family", "student", "unlimited"], CUSTOMERS, p=[0.4, 0.25, 0.15, 0.2])
    region = rng.choice(["coast", "highlands", "islands", "midlands"], CUSTOMERS)
    contract = rng.choice(["monthly", "yearly", "two-year"], CUSTOMERS, p=[0.55, 0.3, 0.15])
    charge = np.round(rng.normal(62, 18, CUSTOMERS).clip(15, 120), 2)
    calls = rng.poisson(1.4, CUSTOMERS)
    usage = np.round(rng.gamma(3.0, 9.0, CUSTOMERS), 1)
    late = rng.binomial(6, 0.12, CUSTOMERS)
    score = (
        -1.2
        + 0.9 * (contract == "monthly")
        - 0.030 * tenure
        + 0.018 * (charge - 62)
        + 0.45 * calls
        + 0.35 * late
        - 0.5 * (plan == "family")
        + rng.normal(0, 0.9, CUSTOMERS)
    )
    return pd.DataFrame(
        {
            "customer": [f"C{number:05d}" for number in range(CUSTOMERS)],
            "tenure": tenure,
            "plan": plan,
            "region": region,
            "contract": contract,
            "charge": charge,
            "support_calls": calls,
            "usage": usage,
            "late_payments": late,
            "churned": (score > 0).astype(int),
        }
    )


if __name__ == "__main__":
    make_customers().to_csv(Path(__file__).with_name("customers.csv"), index=False)
