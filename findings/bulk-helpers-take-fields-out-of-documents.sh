#!/usr/bin/env bash
# elasticsearch 9.5.1 and opensearch-py 3.2.0, helpers.bulk with documents given as they are (no `_source`): the fields `parent`, `pipeline`,
# `routing`, `version`, `version_type` and `retry_on_conflict` of a document are taken out of it and sent as instructions to the server. The
# documentation speaks of `_index`, `_id` and the like, with an underscore in front; that these six names are taken without one
# it does not. One expects a document to be stored with its own fields.
# For users: `{"name": "admins", "parent": "staff"}`, a group in a group, is stored without its parent, and a role's `version` becomes
# the version of the document. Put rows under `_source`, which leaves them alone.
# The provider lands rows in files; whoever indexes them does so by these helpers.
# Seen: {"index": {"_index": "groups", "parent": "staff", "routing": "eu"}} and {"name": "admins"}; under _source whole
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check elasticsearch==9.5.1 opensearch-py==3.2.0
cd "$tmp"
venv/bin/python - <<'PY'
import http.server
import importlib.metadata
import json
import threading

import elasticsearch.helpers
import opensearchpy.helpers

bodies = []


class Cluster(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        answer = b'{"took": 1, "errors": false, "items": [{"index": {"status": 201}}]}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_PUT = do_POST

    def log_message(self, *_args: object) -> None: ...


server = http.server.HTTPServer(("127.0.0.1", 0), Cluster)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
group = {"name": "admins", "parent": "staff", "routing": "eu", "version": 3}
for name, client, helpers in (
    ("elasticsearch", elasticsearch.Elasticsearch(url), elasticsearch.helpers),
    ("opensearch-py", opensearchpy.OpenSearch(url), opensearchpy.helpers),
):
    for action in ({"_index": "groups", **group}, {"_index": "groups", "_source": group}):
        helpers.bulk(client, [action])
    (order, plain), (_, whole) = ([json.loads(line) for line in body.splitlines()] for body in bodies)
    bodies.clear()
    print(name, importlib.metadata.version(name), order, plain, whole)
    assert order == {"index": {"_index": "groups", "parent": "staff", "routing": "eu", "version": 3}}, "changed: only names with '_'"
    assert plain == {"name": "admins"}, "changed: fields stay in the document"
    assert whole == group
server.shutdown()
PY
