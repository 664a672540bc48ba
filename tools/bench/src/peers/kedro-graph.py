# kedro-graph.py <nodes>: the graph of plan-graph.ts as a Kedro pipeline, which sorts it, and the part of it that makes one dataset, in
# milliseconds as JSON.
import json
import sys
import time

from kedro.pipeline import node, pipeline

count = int(sys.argv[1])


def identity(*inputs):
    return inputs


nodes = []
for first in range(0, count, 100):
    for i in range(first, min(count, first + 100)):
        inputs = []
        if i > first:
            inputs.append(f"asset_{first + ((i - first) >> 1)}")
        if first > 0:
            inputs.append(f"asset_{(i * 7919) % first}")
        nodes.append(node(identity, inputs or None, f"asset_{i}", name=f"node_{i}"))
started = time.perf_counter()
graph = pipeline(nodes)
composed = time.perf_counter()
part = graph.to_outputs(f"asset_{count - 1}")
selected = time.perf_counter()
if len(graph.nodes) != count or not part.nodes:
    raise SystemExit("the graph is not whole")
print(json.dumps({"composeMs": 1000 * (composed - started), "selectMs": 1000 * (selected - composed)}))
