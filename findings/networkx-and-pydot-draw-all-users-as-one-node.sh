#!/usr/bin/env bash
# networkx 3.6.1 (nx_pydot.to_pydot), pydot 4.0.1 and graphviz 0.21 (PyPI) write names with a colon into DOT without quotes: `user:anna`. To
# Graphviz that is the port `anna` of a node `user`, so that anna and ben are one node, and so are all groups. Graphviz 16.1.0
# (@viz-js/viz 3.31.0) draws two nodes and one arrow; pydot's own reader takes the names whole, so that the round trip in Python hides
# it. graphviz documents it for edge(), and its node() quotes the same name; networkx and pydot say nothing.
# One expects a node for each name; DOT has quotes for that.
# For users: names such as `user:anna` and `arn:...` are what access graphs are made of (OpenFGA, casbin, AWS), and the picture says that
# everyone is in every group. Quote the names ('"user:anna"') first. The provider draws no graphs.
# Seen: nodes user, group, 1 edge; read back by pydot user:anna, user:ben; graphviz: edges of user and group beside four nodes
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check networkx==3.6.1 pydot==4.0.1 graphviz==0.21
cd "$tmp"
npm install --silent --no-audit --no-fund @viz-js/viz@3.31.0
venv/bin/python - <<'PY'
import importlib.metadata

import graphviz
import networkx
import pydot

members = [("user:anna", "group:admins"), ("user:ben", "group:readers")]
graph = networkx.DiGraph(members)
with open("networkx.dot", "w") as file:
    file.write(networkx.nx_pydot.to_pydot(graph).to_string())
by_pydot = pydot.Dot(graph_type="digraph")
by_graphviz = graphviz.Digraph()
for name in graph:
    by_graphviz.node(name)
for user, group in members:
    by_pydot.add_edge(pydot.Edge(user, group))
    by_graphviz.edge(user, group)
by_pydot.write_raw("pydot.dot")
by_graphviz.save("graphviz.dot")
(back,) = pydot.graph_from_dot_file("networkx.dot")
print({name: importlib.metadata.version(name) for name in ("networkx", "pydot", "graphviz")})
assert [(edge.get_source(), edge.get_destination()) for edge in back.get_edges()] == members
PY
cat > drawn.mjs <<'JS'
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { instance } from "@viz-js/viz";

const viz = await instance();
const found = {};
for (const name of ["networkx", "pydot", "graphviz"]) {
  const drawn = JSON.parse(viz.render(readFileSync(`${name}.dot`, "utf8"), { format: "json" }).output);
  const names = drawn.objects.map((node) => node.name);
  const arrows = drawn.edges.map((edge) => `${names[edge.tail]} -> ${names[edge.head]}`);
  found[name] = [[...names].sort(), [...new Set(arrows)]];
}
console.log("Graphviz", viz.graphvizVersion, JSON.stringify(found));
const one = ["user -> group"];
assert.deepEqual(found.networkx[0], ["group", "user"], "changed: a node for each name");
assert.deepEqual(found.pydot[0], ["group", "user"], "changed: a node for each name");
assert.equal(found.graphviz[0].length, 6);
assert.deepEqual([found.networkx[1], found.pydot[1]], [one, one]);
JS
node drawn.mjs
