"""dagster-no-op.py <nodes> <rounds> <folder>: ops that do nothing in one job, run in this process with the history in SQLite.

Prints the CPU time of each op in microseconds as a list in JSON, one for each round; the first is not counted.
"""

import json
import os
import sys
import time

count, rounds = map(int, sys.argv[1:3])
os.environ["DAGSTER_HOME"] = sys.argv[3]

from dagster import DagsterInstance, job, op  # noqa: E402


def made(i: int):
    @op(name=f"act_{i}")
    def act() -> None:
        pass

    return act


ops = [made(i) for i in range(count)]


@job
def no_op():
    for each in ops:
        each()


instance = DagsterInstance.get()
# It would print each event.
silent = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
found = []
for _ in range(rounds + 1):
    started = time.process_time()
    if not no_op.execute_in_process(instance=instance, run_config=silent).success:
        raise SystemExit("the run failed")
    found.append((time.process_time() - started) * 1e6 / count)
print(json.dumps(found[1:]))
