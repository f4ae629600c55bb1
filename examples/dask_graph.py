"""The Python half of dask_graph.rs: a real Dask task graph as a pickle, and the dependencies that Dask itself finds in it."""

import json
import sys

import dask.array as da
from dask._task_spec import convert_legacy_graph
from distributed.protocol.pickle import dumps

x = da.random.default_rng(7).random((300, 400), chunks=(100, 200))
graph = convert_legacy_graph(dict((x + x.mean(axis=0)).std().__dask_graph__()))
with open(sys.argv[1], "wb") as file:
    file.write(dumps(graph))
with open(sys.argv[2], "w") as file:
    json.dump({str(key): sorted(map(str, node.dependencies)) for key, node in graph.items()}, file)
