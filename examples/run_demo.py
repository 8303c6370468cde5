"""Audits the four example subjects with pytest, shows everything it prints, and checks the verdicts.

pytest exits with 1 here, by design: two of the four subjects are faulty. This program exits with 0 exactly when those two are found
nondeterministic and the other two reproducible.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXPECTED = {
    "examples/churn.ipynb": "nondeterministic",
    "examples/churn_clean.ipynb": "reproducible",
    "examples/train.py": "nondeterministic",
    "examples/train_clean.py": "reproducible",
}


def audit(report: Path) -> int:
    """Run pytest on the examples; its output goes straight to the terminal."""
    command = [sys.executable, "-m", "pytest", "--reprocheck", *EXPECTED]
    print("$ pytest", *command[3:], flush=True)
    return subprocess.run([*command, f"--reprocheck-json={report}"], cwd=ROOT, check=False).returncode


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        code = audit(report)
        if not report.exists():
            print(f"demo: pytest ended with exit code {code} and wrote no report")
            return 1
        subjects = json.loads(report.read_text(encoding="utf-8"))["subjects"]
    verdicts = {subject["path"]: subject["verdict"] for subject in subjects}
    print()
    if code == 1 and verdicts == EXPECTED:
        print(
            "demo: as it should be, the faulty notebook and script were found and the sound ones passed (so pytest exits with 1)"
        )
        return 0
    print(f"demo: not as it should be; pytest exits with {code}")
    for path in sorted(EXPECTED.keys() | verdicts.keys()):
        print(f"  {path}: expected {EXPECTED.get(path, '(not audited)')}, got {verdicts.get(path, '(no verdict)')}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
