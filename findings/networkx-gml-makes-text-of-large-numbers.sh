#!/usr/bin/env bash
# networkx 3.6.1: write_gml writes an integer beyond 32 bits as quoted text and true as 1, so that one property of the nodes is
# an int here and a str there after reading, and a comparison fails or is wrong. (GML's own limit is 32 bits; that
# a value changes its type instead of being refused stands in a comment of the source, not in the documentation.)
# For users: epoch milliseconds and ids of Veza's nodes come back as text, those of the year 1970 as numbers.
# Seen: [2147483647, '2147483648', 1]
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check networkx==3.6.1
cd "$tmp"
venv/bin/python - <<'PY'
import networkx

graph = networkx.DiGraph()
for name, value in {"small": 2**31 - 1, "large": 2**31, "flag": True}.items():
    graph.add_node(name, value=value)
again = networkx.parse_gml("\n".join(networkx.generate_gml(graph)))
found = [value for _, value in again.nodes(data="value")]
print("networkx", networkx.__version__, found)
assert [(type(value), value) for value in found] == [(int, 2**31 - 1), (str, str(2**31)), (int, 1)], "changed"
PY
