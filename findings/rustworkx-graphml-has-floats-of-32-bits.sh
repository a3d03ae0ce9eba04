#!/usr/bin/env bash
# rustworkx 0.18.1: write_graphml writes a Python float as a GraphML float of 32 bits, and so changes it: 0.1 is read back as
# 0.10000000149011612, a time in seconds (1795900293.25) is off by up to a minute. GraphML has `double`, which rustworkx reads, and which
# networkx writes. The other way round, it refuses each file of networkx 3.6.1 that has a boolean: networkx writes `True`, where
# GraphML's type (xs:boolean) has `true` and `1`; networkx reads both.
# One expects that numbers stay what they were, and two graph libraries to read each other's files.
# For users: scores that differ are equal, and times of last use are others, after a graph was handed on.
# The provider lands rows and writes no graphs.
# Seen: 0.10000000149011612, 1795900288.0; a double of networkx exact; a boolean of networkx "Failed conversion to 'bool'"
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check rustworkx==0.18.1 networkx==3.6.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

import networkx
import rustworkx


def written_by_rustworkx(value: object) -> object:
    graph = rustworkx.PyDiGraph()
    graph.add_node({"value": value})
    rustworkx.write_graphml(graph, "graph.graphml")
    return rustworkx.read_graphml("graph.graphml")[0].nodes()[0]["value"]


def written_by_networkx(value: object) -> object:
    graph = networkx.DiGraph()
    graph.add_node("anna", value=value)
    networkx.write_graphml(graph, "graph.graphml")
    assert networkx.read_graphml("graph.graphml").nodes["anna"]["value"] == value
    try:
        return rustworkx.read_graphml("graph.graphml")[0].nodes()[0]["value"]
    except Exception as e:  # rustworkx raises this very class
        return str(e)


found = [written_by_rustworkx(value) for value in (0.1, 1795900293.25)], [written_by_networkx(value) for value in (0.1, True)]
print(*(f"{name} {importlib.metadata.version(name)}" for name in ("rustworkx", "networkx")), found)
assert found[0] == [0.10000000149011612, 1795900288.0], "changed: floats keep their digits"
assert found[1][0] == 0.1 and "Failed conversion to 'bool'" in str(found[1][1]), "changed: booleans of networkx are read"
PY
