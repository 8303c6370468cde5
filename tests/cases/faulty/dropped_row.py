from pathlib import Path

from cleaning.steps import dedupe

print("rows", dedupe(Path(__file__).parent.parent / "prices" / "sold.csv"))
