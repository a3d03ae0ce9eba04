#!/usr/bin/env bash
# networkx 3.6.1: a node whose own attributes have one named `id` loses it in node_link_data, and in cytoscape_data it replaces
# the node's name while the edges go on to point to the name: an edge then leads from a node that is not there. An edge's
# attributes `source` and `target` are lost in both. No warning; the arguments name=, source= and target= rename the keys.
# For users: Veza's nodes all have the property `id`, so the JSON that a page or another tool draws has lost it, or no edges.
# Seen: node_link {'id': 'anna'}; cytoscape node 'id': '00u1', its edge's source 'anna'; with name='key' both are there
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check networkx==3.6.1
cd "$tmp"
venv/bin/python - <<'PY'
import networkx

graph = networkx.DiGraph()
graph.add_node("anna", id="00u1")
graph.add_edge("anna", "admins", source="okta")
linked = networkx.node_link_data(graph, edges="edges")
drawn = networkx.cytoscape_data(graph)["elements"]
found = {
    "node_link": linked["nodes"][0],
    "node_link edge": linked["edges"][0],
    "cytoscape node": drawn["nodes"][0]["data"]["id"],
    "cytoscape edge": drawn["edges"][0]["data"]["source"],
    "renamed": networkx.node_link_data(graph, edges="edges", name="key")["nodes"][0],
}
print("networkx", networkx.__version__, found)
assert found == {
    "node_link": {"id": "anna"},
    "node_link edge": {"source": "anna", "target": "admins"},
    "cytoscape node": "00u1",
    "cytoscape edge": "anna",
    "renamed": {"id": "00u1", "key": "anna"},
}, "changed: the attribute id is treated in another way"
PY
