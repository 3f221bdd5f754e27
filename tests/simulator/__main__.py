"""The whole week: python -m tests.simulator [SEED ...]"""

import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.simulator.week import simulate

for seed in map(int, sys.argv[1:] or ["1"]):
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        report = simulate(Path(folder), seed=seed)
    print(json.dumps({"seed": seed, "seconds": round(time.perf_counter() - started, 1)} | asdict(report)), flush=True)
