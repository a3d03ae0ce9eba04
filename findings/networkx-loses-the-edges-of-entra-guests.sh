#!/usr/bin/env bash
# networkx 3.6.1: write_adjlist and write_edgelist write `#` in a node's name as it is, and read_adjlist and read_edgelist
# take it for the begin of a comment. The edges of every guest of Microsoft Entra ID (`anna_example.com#EXT#@tenant...`) are
# gone after a round trip, without a word; that the reader has `comments="#"` is documented, that the writer quotes nothing is not.
# read_edgelist takes comments=None, read_adjlist does not.
# For users: a graph of who can reach what, saved between two tasks in these formats, has lost all guests. Keep rows, or
# pass comments=None to read_edgelist.
# Seen: written 3 edges; adjlist 1, edgelist 1, edgelist with comments=None 3, adjlist with comments=None TypeError
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check networkx==3.6.1
cd "$tmp"
venv/bin/python - <<'PY'
import io

import networkx

graph = networkx.DiGraph()
graph.add_edge("ben@example.com", "readers")
graph.add_edge("anna_example.com#EXT#@example.onmicrosoft.com", "admins")
graph.add_edge("carl_example.org#EXT#@example.onmicrosoft.com", "admins")


def edges(kind: str, **how: object) -> int:
    file = io.BytesIO()
    getattr(networkx, f"write_{kind}")(graph, file)
    file.seek(0)
    return getattr(networkx, f"read_{kind}")(file, create_using=networkx.DiGraph, **how).number_of_edges()


found: list[object] = [edges("adjlist"), edges("edgelist"), edges("edgelist", comments=None)]
try:
    found.append(edges("adjlist", comments=None))
except TypeError as e:
    found.append(type(e).__name__)
print("networkx", networkx.__version__, "written", graph.number_of_edges(), "read", found)
assert found == [1, 1, 3, "TypeError"], "changed: names with a number sign survive, or are lost in another way"
PY
