from pathlib import Path

runs = Path("runs")
runs.mkdir(exist_ok=True)
number = len(list(runs.iterdir()))  # expect: leftover-state
(runs / f"run{number}").mkdir()
(runs / f"run{number}" / "score.txt").write_text("0.5")
print("this is run", number)
