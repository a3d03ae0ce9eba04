"""A tenant that costs next to nothing: answers every POST over TLS with the same running query; prints its port.

Its authority is written to the file that is named on the command line.
"""

from __future__ import annotations

import asyncio
import ssl
import sys

import trustme

BODY = (
    b'{"query_result_id":"a-query","status":"IN_PROGRESS","values":[],"path_values":[],"has_more":false,'
    b'"next_page_token":"","warnings":[],"progress_status":{"row_count":"0"}}'
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Sat, 28 Nov 2026 11:00:00 GMT\r\nServer: tenant\r\n"
    b"X-Request-Id: 0123456789abcdef\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)
END_OF_HEAD = b"\r\n\r\n"


class Tenant(asyncio.Protocol):
    """One connection. Requests come one after the other, as clients of HTTP/1.1 send them."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers are written to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._came = b""

    def data_received(self, data: bytes) -> None:
        """Answer a request that is whole."""
        self._came += data
        head, _, body = self._came.partition(END_OF_HEAD)
        if END_OF_HEAD in self._came and len(body) >= _content_length(head):
            self._came = b""
            self._transport.write(ANSWER)


def _content_length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n")[0] or 0)


async def _serve(authority_file: str) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(authority_file)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    server = await asyncio.get_running_loop().create_server(Tenant, "127.0.0.1", 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
