"""kedro-no-op.py <nodes> <rounds>: nodes of one input that do nothing, run one after the other in this process.

Prints the CPU time of each node in microseconds as a list in JSON, one for each round; the first is not counted.
"""

import json
import logging
import sys
import time

from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import node, pipeline
from kedro.runner import SequentialRunner

# It would print several lines for each node.
logging.getLogger("kedro").setLevel(logging.WARNING)

count, rounds = map(int, sys.argv[1:3])


def act(_: object) -> None:
    pass


found = []
for _ in range(rounds + 1):
    started = time.process_time()
    graph = pipeline([node(act, "input", None, name=f"act_{i}") for i in range(count)])
    SequentialRunner().run(graph, DataCatalog({"input": MemoryDataset(1)}))
    found.append((time.process_time() - started) * 1e6 / count)
print(json.dumps(found[1:]))
