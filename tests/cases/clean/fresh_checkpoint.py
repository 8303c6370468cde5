"""A checkpoint is written and read within the run, and removed before it could be found again."""

import json
from pathlib import Path

checkpoint = Path("fresh_checkpoint.json")
checkpoint.unlink(missing_ok=True)
loss = 1.0
for epoch in range(5):
    if checkpoint.exists():  # not: leftover-state
        loss = json.loads(checkpoint.read_text())["loss"]
    loss *= 0.7
    checkpoint.write_text(json.dumps({"epoch": epoch, "loss": loss}))
checkpoint.unlink()
print("loss", round(loss, 5))
