"""Answers of a Veza tenant as data: the shapes of the samples, with values of the emulator's demo tenant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from airflow_provider_veza.async_query.message import Response

SAMPLES = Path(__file__).parent / "samples"
QUERY_ID = "97792944-f673-4834-811b-2d2c741cd754"
GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>"

AMARA = {
    "id": "00ue3cb75ea3cda311e1",
    "type": "OktaUser",
    "properties": {"name": "Amara Okafor", "department": "Payroll", "is_active": True},
    "destination_node_count": 1,
    "permissions": [],
    "access_stats": None,
    "risk_level": "NONE",
}
KIRAN = {
    "id": "00ub1f9a1f2d3c4e5a6b",
    "type": "OktaUser",
    "properties": {"name": "Kiran Patel", "department": "Payroll", "is_active": False},
    "destination_node_count": 1,
    "permissions": [],
    "access_stats": None,
    "risk_level": "HIGH",
}
AMARA_TO_PAYROLL = {
    "source": {"id": "00ue3cb75ea3cda311e1", "type": "OktaUser", "properties": {"name": "Amara Okafor"}},
    "abstract_permissions": ["DataRead", "MetadataRead"],
    "concrete_permissions": ["s3:GetObject", "s3:ListBucket"],
    "destination": {"id": "arn:aws:s3:::acme-payroll-exports", "type": "S3Bucket", "properties": {}},
    "path_summary_nodes": [],
}


def sample_text(name: str) -> str:
    """Return a sample as it is stored."""
    return (SAMPLES / name).read_text(encoding="utf-8")


def sample(name: str) -> Any:
    """Return a sample's content."""
    return json.loads(sample_text(name))


def answer(body: Any = b"", status: int = 200, content_type: str = "application/json") -> Response:
    """Return an answer; whatever is not bytes goes out as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {"content-type": content_type}, content)


def gateway_page(status: int) -> Response:
    """Return the page of a gateway before the tenant."""
    return answer(GATEWAY_PAGE, status, "text/html; charset=utf-8")
