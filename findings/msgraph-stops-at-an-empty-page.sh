#!/usr/bin/env bash
# msgraph-core 1.5.2 (below msgraph-sdk), PageIterator: a page without items ends the iteration, though it has an @odata.nextLink. Nothing is
# said, and has_next is still True. Microsoft's documentation (graph/delta-query-overview) says that a link means more pages, even if
# the answer that has it is empty. One expects all items: iterating is all that the class is for.
# For users: an export of users or group members from Entra ID ends in the middle, and the rest is read as "removed".
# Follow odata_next_link in a loop of your own until it is empty.
# The provider ends by the token alone, and reconciles what it landed with the service's count.
# Seen: pages [anna], [], [ben]: iterated ['anna'], has_next True, the page with ben never asked for; the loop ['anna', 'ben']
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check msgraph-core==1.5.2 microsoft-kiota-http==1.16.0 microsoft-kiota-serialization-json==1.16.0
cd "$tmp"
venv/bin/python - <<'PY'
import asyncio
import dataclasses
import http.server
import importlib.metadata
import json
import threading

from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from kiota_abstractions.serialization import Parsable
from kiota_http.httpx_request_adapter import HttpxRequestAdapter
from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from msgraph_core.tasks import PageIterator

PAGES = [["anna"], [], ["ben"]]
asked = []


class Graph(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        number = int(self.path.strip("/"))
        asked.append(number)
        page = {"value": [{"id": user} for user in PAGES[number]]}
        if number + 1 < len(PAGES):
            page["@odata.nextLink"] = f"{url}/{number + 1}"
        answer = json.dumps(page).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: object) -> None: ...


@dataclasses.dataclass
class User(Parsable):  # models have the form of those that msgraph-sdk has generated
    id: str | None = None

    @staticmethod
    def create_from_discriminator_value(_node: object) -> "User":
        return User()

    def get_field_deserializers(self) -> dict:
        return {"id": lambda node: setattr(self, "id", node.get_str_value())}

    def serialize(self, writer: object) -> None: ...


@dataclasses.dataclass
class Users(Parsable):
    odata_next_link: str | None = None
    value: list[User] | None = None

    @staticmethod
    def create_from_discriminator_value(_node: object) -> "Users":
        return Users()

    def get_field_deserializers(self) -> dict:
        return {
            "@odata.nextLink": lambda node: setattr(self, "odata_next_link", node.get_str_value()),
            "value": lambda node: setattr(self, "value", node.get_collection_of_object_values(User)),
        }

    def serialize(self, writer: object) -> None: ...


async def page(adapter: HttpxRequestAdapter, link: str) -> Users:
    request = RequestInformation()
    request.http_method, request.url = Method.GET, link
    return await adapter.send_async(request, Users, {})


async def main() -> tuple[list, bool, list, list]:
    adapter = HttpxRequestAdapter(AnonymousAuthenticationProvider(), JsonParseNodeFactory())
    iterated, looped = [], []
    iterator = PageIterator(await page(adapter, f"{url}/0"), adapter)
    await iterator.iterate(lambda user: iterated.append(user.id) or True)
    requests = list(asked)
    link = f"{url}/0"
    while link:
        users = await page(adapter, link)
        looped += [user.id for user in users.value]
        link = users.odata_next_link
    return iterated, iterator.has_next, requests, looped


server = http.server.HTTPServer(("127.0.0.1", 0), Graph)
url = f"http://127.0.0.1:{server.server_port}"
threading.Thread(target=server.serve_forever, daemon=True).start()
found = asyncio.run(main())
server.shutdown()
print("msgraph-core", importlib.metadata.version("msgraph-core"), found)
assert found == (["anna"], True, [0, 1], ["anna", "ben"]), "changed: an empty page with a link is not the end"
PY
