"""Lines of logs as programs write them: what differs from run to run there, and what would be a result.

NOISE has the same line of two runs of one sound program. In RESULTS the line differs by something that the program
computed, with noise beside it or in a form that is near to noise.
"""

from __future__ import annotations

UUID_A, UUID_B = "2f1c6a52-1111-4222-8333-123456789abc", "9d3b7e10-5555-4666-9777-cba987654321"

NOISE: dict[str, tuple[str, str, str]] = {
    "seconds": ("duration", "Finished in 12.3s", "Finished in 9.8s"),
    "two units": ("duration", "done after 1min 2s", "done after 59.2 s"),
    "three units": ("duration", "ran 1h 2m 3s", "ran 1h 2m 59s"),
    "hours": ("duration", "Run time 0:00:12", "Run time 0:01:02"),
    "words": ("duration", "took 3.4 seconds", "took 13 seconds"),
    "elapsed clock": ("duration", "Elapsed: 00:01:02.345", "Elapsed: 00:01:03.001"),
    "eta minutes": ("duration", "ETA: 01:23 loss 0.5", "ETA: 00:59 loss 0.5"),
    "remaining": ("duration", "epoch 2, remaining 02:11", "epoch 2, remaining 02:09"),
    "bare key": ("duration", "step=3 time=0.123 loss=0.5", "step=3 time=0.234 loss=0.5"),
    "dict of times": ("duration", "{'fit_time': 0.123, 'auc': 0.9}", "{'fit_time': 0.234, 'auc': 0.9}"),
    "trainer": (
        "duration",
        "{'train_runtime': 12.3456, 'train_samples_per_second': 81.002, 'train_loss': 0.53}",
        "{'train_runtime': 13.1, 'train_samples_per_second': 76.3, 'train_loss': 0.53}",
    ),
    "nothing named": ("duration", "RandomForest 1.23 s", "RandomForest 1.31 s"),
    "mean of a benchmark": ("duration", "mean 3.2 ms, max 4.1 ms", "mean 3.3 ms, max 5.1 ms"),
    "mean fit": ("duration", "mean fit delay 3.2 ms", "mean fit delay 3.4 ms"),
    "predicted in": ("duration", "predicted in 3.2 ms", "predicted in 3.9 ms"),
    "latency": ("duration", "mean latency: 3.2 ms", "mean latency: 3.9 ms"),
    "timeit": (
        "duration",
        "3.2 ms ± 40 µs per loop (mean ± std. dev. of 7 runs, 100 loops each)",
        "980 µs ± 4.1 µs per loop (mean ± std. dev. of 7 runs, 1,000 loops each)",
    ),
    "python -m timeit": (
        "duration",
        "1000000 loops, best of 5: 250 nsec per loop",
        "500000 loops, best of 5: 512 nsec per loop",
    ),
    "time of a cell": (
        "duration",
        "CPU times: user 3 μs, sys: 1e+03 ns, total: 4 μs\nWall time: 4.77 µs",
        "CPU times: user 1min 3s, sys: 12 ms, total: 1min 4s\nCompiler : 123 ms\nWall time: 4.9 µs",
    ),
    "bar at its end": (
        "duration",
        "100%|██████████| 10/10 [00:12<00:00,  3.20it/s, loss=0.53]",
        "100%|██████████| 10/10 [00:10<00:00,  1.04s/it, loss=0.53]",
    ),
    "bar at its start": (
        "duration",
        "  0%|          | 0/10 [00:00<?, ?it/s]",
        "  0%|          | 0/10 [00:01<?, ?it/s]",
    ),
    "rich": ("progress", "Training ━━━━━━━╸ 100% 0:00:12", "Training ━━━━━━━━ 100% 0:00:09"),
    "rich without an end": ("duration", "Working ━━━━━ 0% -:--:--", "Working ━━━━━ 0% 0:00:07"),
    "pip": (
        "duration",
        "     ━━━━━━━━━━ 12.3/12.3 MB 45.6 MB/s eta 0:00:00",
        "     ━━━━━━━━━━ 12.3/12.3 MB 9.1 MB/s eta 0:00:00",
    ),
    "keras 3": (
        "duration",
        "10/10 ━━━━━━━━━━━━━━━━━━━━ 1s 12ms/step - accuracy: 0.5312 - loss: 0.6931",
        "10/10 ━━━━━━━━━━━━━━━━━━━━ 0s 9ms/step - accuracy: 0.5312 - loss: 0.6931",
    ),
    "keras 2": (
        "duration",
        "10/10 [==============================] - 1s 12ms/step - loss: 0.6931",
        "10/10 [==============================] - 0s 945us/step - loss: 0.6931",
    ),
    "keras epochs": (
        "duration",
        "10/10 - 3s - loss: 0.69 - 3s/epoch - 300ms/step",
        "10/10 - 2s - loss: 0.69 - 2s/epoch - 210ms/step",
    ),
    "lightgbm": (
        "lightgbm-timing",
        (
            "[LightGBM] [Info] Auto-choosing row-wise multi-threading, the overhead of testing was 0.000512 seconds.\n"
            "You can set `force_row_wise=true` to remove the overhead.\n"
            "And if memory is not enough, you can set `force_col_wise=true`.\n[LightGBM] [Info] Total Bins 1020"
        ),
        (
            "[LightGBM] [Info] Auto-choosing col-wise multi-threading, the overhead of testing was 0.001024 seconds.\n"
            "You can set `force_col_wise=true` to remove the overhead.\n[LightGBM] [Info] Total Bins 1020"
        ),
    ),
    "xgboost": ("log-time", "[03:04:05] WARNING: src/learner.cc:740: x", "[03:04:06] WARNING: src/learner.cc:740: x"),
    "catboost": (
        "duration",
        "0:\tlearn: 0.6841\ttotal: 48.1ms\tremaining: 4.76s",
        "0:\tlearn: 0.6841\ttotal: 51ms\tremaining: 5.05s",
    ),
    "joblib": (
        "duration",
        "[Parallel(n_jobs=1)]: Done   5 out of   5 | elapsed:    0.1s finished",
        "[Parallel(n_jobs=1)]: Done   5 out of   5 | elapsed:   12.1s finished",
    ),
    "grid search": ("duration", "[CV] END ........C=1; total time=   0.0s", "[CV] END ........C=1; total time=   0.2s"),
    "throughput": ("duration", "throughput 1,234.5 samples/sec", "throughput 987 samples/sec"),
    "throughput in words": ("duration", "1,234 rows per second", "998 rows per second"),
    "rate without a unit": ("duration", "on 10: done (8.30/s)", "on 10: done (9.10/s)"),
    "logging": ("log-time", "2026-01-02 03:04:05,678 - root - INFO - go", "2026-01-02 03:04:06,001 - root - INFO - go"),
    "iso log": ("log-time", "2026-01-02T03:04:05.678Z INFO train go", "2026-01-02T03:04:06Z INFO train go"),
    "loguru": (
        "log-time",
        "2026-01-02 03:04:05.678 | INFO     | m:f:3 - go",
        "2026-01-02 03:04:05.999 | INFO     | m:f:3 - go",
    ),
    "structlog": ("log-time", "2026-01-02 03:04:05 [info     ] go", "2026-01-02 03:04:09 [info     ] go"),
    "zoned": (
        "log-time",
        "[2026-01-02T03:04:05.678+0000] {x.py:12} INFO - go",
        "[2026-01-02T03:04:06.678+0000] {x.py:12} INFO - go",
    ),
    "slashes": ("log-time", "2026/01/02 03:04:05 INFO mlflow: go", "2026/01/02 03:04:07 INFO mlflow: go"),
    "short year": ("log-time", "26/01/02 03:04:05 WARN Loader: go", "26/01/02 03:04:07 WARN Loader: go"),
    "time alone": ("log-time", "03:04:05 - cmdstanpy - INFO - start", "03:04:07 - cmdstanpy - INFO - start"),
    "rich handler": ("log-time", "[01/02/26 03:04:05] INFO     go", "[01/02/26 03:04:08] INFO     go"),
    "tensorflow": (
        "log-time",
        "2026-01-02 03:04:05.678901: I tensorflow/core/util/port.cc:153] oneDNN",
        "2026-01-02 03:04:06.008901: I tensorflow/core/util/port.cc:153] oneDNN",
    ),
    "absl": (
        "log-time",
        "I0000 00:00:1795289971.008189   19596 port.cc:153] oneDNN custom operations are on.",
        "I0000 00:00:1795290119.313701    9347 port.cc:153] oneDNN custom operations are on.",
    ),
    "absl in order": (
        "log-time",
        "W0102 03:04:05.678901  1234 a/b.cc:12] go",
        "W0102 03:04:06.678901 99 a/b.cc:12] go",
    ),
    "glog": ("log-time", "I0102 03:04:05.678901 cpu.cc:12] go", "I0102 03:04:06.678901 cpu.cc:12] go"),
    "optuna": (
        "log-time",
        f"[I 2026-01-02 03:04:05,678] A new study created in memory with name: no-name-{UUID_A}",
        f"[I 2026-01-02 03:04:06,678] A new study created in memory with name: no-name-{UUID_B}",
    ),
    "jupyter": ("log-time", "[W 2026-01-02 03:04:05.678 ServerApp] x", "[W 2026-01-02 03:04:05.901 ServerApp] x"),
    "json lines": (
        "log-time",
        '{"timestamp": "2026-01-02T03:04:05.678Z", "level": "info", "loss": 0.5}',
        '{"timestamp": "2026-01-02T03:04:06.678Z", "level": "info", "loss": 0.5}',
    ),
    "container": ("log-time", "2026-01-02T03:04:05.123456789Z epoch 1", "2026-01-02T03:04:05.987654321Z epoch 1"),
    "asctime": ("log-time", "[Sat Jan 02 03:04:05 2026] ERROR x", "[Sat Jan 02 03:04:06 2026] ERROR x"),
    "syslog": ("log-host", "Jan  2 03:04:05 node-1 train[1234]: go", "Jan  2 03:04:09 node-2 train[98]: go"),
    "pid": ("process-id", "worker pid=1234 ready", "worker pid=98765 ready"),
    "pid in words": ("process-id", "started (PID: 1234)", "started (PID: 987)"),
    "thread": ("process-id", "thread 140234567890123 go", "thread 139999567890123 go"),
    "port": ("port", "dashboard at http://127.0.0.1:40123/status", "dashboard at http://127.0.0.1:38001/status"),
    "memory": ("memory-use", "peak memory: 123.4 MiB", "peak memory: 130.1 MiB"),
    "shared memory": (
        "temporary-path",
        "/dev/shm/joblib_memmapping_folder_12_ab",
        "/dev/shm/joblib_memmapping_folder_9_cd",
    ),
    "dask": ("generated-id", f"<Client: Client-{UUID_A}>", f"<Client: Client-{UUID_B}>"),
    "created": (
        "summary-time",
        "Attributes:\n    created_at:  2026-01-02T03:04:05.678901+00:00\n    chains: 4",
        "Attributes:\n    created_at:  2026-01-02T03:04:07.000001+00:00\n    chains: 4",
    ),
}

RESULTS: dict[str, tuple[str, str]] = {
    "mean duration": ("mean_duration: 3.5 s", "mean_duration: 4.5 s"),
    "average duration": ("Average duration of a session: 3.5 min", "Average duration of a session: 3.9 min"),
    "delay": ("mean delay 12.5 s", "mean delay 13.5 s"),
    "lag": ("best lag: 3 h", "best lag: 4 h"),
    "predicted span": ("predicted arrival time: 12 min", "predicted arrival time: 13 min"),
    "error in seconds": ("MAE = 3.52 s", "MAE = 3.61 s"),
    "half-life": ("half-life 12.1 h", "half-life 12.9 h"),
    "waiting": ("waiting time: 3.1 min", "waiting time: 3.2 min"),
    "survival": ("median survival 0:45:10", "median survival 0:45:12"),
    "arrival rate": ("mean arrival rate 3.2 items/s", "mean arrival rate 3.9 items/s"),
    "timestep": ("timestep 0.1 s", "timestep 0.2 s"),
    "camel case": ("meanDelay: 3.1 s", "meanDelay: 3.2 s"),
    "score beside a duration": ("fold 1: 0.861 in 1.2 s", "fold 1: 0.857 in 1.9 s"),
    "delay beside a duration": ("delay 3.5 s computed in 1.2 s", "delay 3.6 s computed in 1.9 s"),
    "loss beside a bar": (
        "100%|███| 10/10 [00:12<00:00, 3.2it/s, loss=0.53]",
        "100%|███| 10/10 [00:10<00:00, 1.0s/it, loss=0.54]",
    ),
    "loss of an epoch": ("10/10 - 3s 12ms/step - loss: 0.69", "10/10 - 2s 9ms/step - loss: 0.70"),
    "message of a log": ("2026-01-02 03:04:05,678 INFO auc 0.91", "2026-01-02 03:04:06,001 INFO auc 0.92"),
    "level of a log": ("2026-01-02 03:04:05,678 INFO go", "2026-01-02 03:04:06,001 ERROR go"),
    "date": ("2026-01-02", "2026-01-03"),
    "moment": ("2026-01-02 03:04:05.123456", "2026-03-02 03:04:05.123456"),
    "moment in words": ("latest sale 2026-01-02 03:04:05", "latest sale 2026-01-02 03:04:06"),
    "row of a table": ("2026-01-02 03:04:05  12.5", "2026-01-02 03:04:06  12.5"),
    "time of day": ("peak at 03:04:05", "peak at 03:04:06"),
    "score of a match": ("half time 0:45", "half time 0:46"),
    "goals": ("2:1", "1:2"),
    "moment in JSON": (
        '{"timestamp": "2026-01-02T03:04:05Z", "x": 1}',
        '{"timestamp": "2026-01-02T03:04:06Z", "x": 1}',
    ),
    "port of another host": ("connected to db.example.org:5432", "connected to db.example.org:5433"),
    "size": ("model size 12.3 MB", "model size 12.4 MB"),
    "memory of a frame": ("memory usage: 15.8+ KB", "memory usage: 15.9+ KB"),
    "number of a process": ("process 3 of 5", "process 4 of 5"),
    "id of a row": (f"row {UUID_A}", f"row {UUID_B}"),
    "speed": ("wind 3.2 m/s", "wind 4.2 m/s"),
    "bins of lightgbm": ("[LightGBM] [Info] Total Bins 1020", "[LightGBM] [Info] Total Bins 1021"),
    "trainer's loss": ("{'train_runtime': 12.3, 'train_loss': 0.53}", "{'train_runtime': 13.1, 'train_loss': 0.54}"),
    "count of samples": ("1,234 samples", "1,235 samples"),
    "time without decimals": ("time=12", "time=13"),
    "percentage": ("time=12.5%", "time=13.5%"),
}
