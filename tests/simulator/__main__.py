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
        started = time.process_time()
        report = simulate(Path(folder), seed=seed)
    spent = round(time.process_time() - started, 1)
    print(json.dumps({"seed": seed, "cpu_seconds": spent} | asdict(report)), flush=True)
