"""A cluster that means its callers harm: answers that drip, never end, lead elsewhere, or quote the credential; ASGI only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

ELSEWHERE = "http://localhost:9"
DRIP_SECONDS = 0.05
LET_OFF_AFTER = 512
"""Pieces after which an endless body ends all the same, so that no test brings down its machine."""
_PIECE = b" " * 1024 * 1024


class Harm(StrEnum):
    """What is done."""

    NONE = ""
    DRIP = "drip"
    ENDLESS_BODY = "endless_body"
    ECHO = "echo"
    REDIRECT = "redirect"


def harming(harm: Harm, request: Request, product: dict[str, str]) -> Response:
    """Return the answer that does harm."""
    match harm:
        case Harm.ECHO:
            return _echo(request, product)
        case Harm.REDIRECT:
            return Response(status_code=307, headers={"location": f"{ELSEWHERE}{request.url.path}"})
        case _:
            body = _dripping() if harm is Harm.DRIP else _endless()
            return StreamingResponse(body, headers=product, media_type="application/json")


def _echo(request: Request, product: dict[str, str]) -> Response:
    credential = request.headers.get("authorization", "").partition(" ")[2]
    cause = {"type": "security_exception", "reason": f"nobody is let in with {credential}"}
    body = {"error": {"root_cause": [cause], **cause}, "status": 403}
    return JSONResponse(body, status_code=403, headers=product)


async def _dripping() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(DRIP_SECONDS)


async def _endless() -> AsyncIterator[bytes]:
    for _ in range(LET_OFF_AFTER):
        yield _PIECE
