#!/usr/bin/env bash
# networkx 3.6.1 with pandas 3.1.1: from_pandas_edgelist makes a node of a missing value, and it is one node for all rows: everyone
# without a manager, or every entity without an owner, is a neighbour of the same `nan`. None as a node is refused by networkx
# itself ("None cannot be a node"), and pandas turns None into nan before. Nothing is said.
# One expects no edge where one end is missing, or the same error.
# For users: has_path and connected components say that two people who share nothing can reach each other.
# Leave such rows out first: frame.dropna(subset=["user", "manager"]). The provider lands rows and builds no graph.
# Seen: two steps from ben to carl, 5 nodes; after dropna 2 nodes; add_edge("ben", None) ValueError
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check networkx==3.6.1 pandas==3.1.1
cd "$tmp"
venv/bin/python - <<'PY'
import networkx
import pandas

frame = pandas.DataFrame({"user": ["anna", "ben", "carl"], "manager": ["dora", None, None]})
graph = networkx.from_pandas_edgelist(frame, "user", "manager")
try:
    networkx.Graph().add_edge("ben", None)
    by_hand = "taken"
except ValueError as e:
    by_hand = str(e)
without = networkx.from_pandas_edgelist(frame.dropna(subset=["user", "manager"]), "user", "manager")
found = (networkx.shortest_path_length(graph, "ben", "carl"), graph.number_of_nodes(), without.number_of_nodes(), by_hand)
print("networkx", networkx.__version__, "pandas", pandas.__version__, found)
assert found == (2, 5, 2, "None cannot be a node"), "changed: a missing value is no node"
PY
