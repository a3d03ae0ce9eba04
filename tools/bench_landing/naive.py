"""How a page loop is written in a hurry: requests, `response.json()`, and each format's own obvious writer."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests

from tools.bench_landing.tenant import GET_PATH, PAGE_ROWS, QUERY_ID, Tenant

Row = Mapping[str, Any]


def jsonl(tenant: Tenant, folder: Path) -> int:
    """`json.dumps` per row."""
    count = 0
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
        for rows in pages(tenant):
            for row in rows:
                file.write(json.dumps(row) + "\n")
            count += len(rows)
    return count


def csv_table(tenant: Tenant, folder: Path) -> int:
    """`csv.DictWriter` over rows flattened by hand."""
    count, writer = 0, None
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        for rows in pages(tenant):
            flat = [_flat(row) for row in rows]
            if writer is None:
                writer = csv.DictWriter(file, fieldnames=list(flat[0]))
                writer.writeheader()
            writer.writerows(flat)
            count += len(rows)
    return count


def pages(tenant: Tenant) -> Iterator[list[Row]]:
    """Yield the rows of each page."""
    fields: dict[str, Any] = {"query_result_id": QUERY_ID, "page_size": PAGE_ROWS}
    with requests.Session() as session:
        while True:
            answer = session.post(f"{tenant.url}{GET_PATH}", json=fields).json()
            yield answer["values"]
            if not answer["has_more"]:
                return
            fields["page_token"] = answer["next_page_token"]


def _flat(row: Row) -> dict[str, Any]:
    flat = {name: json.dumps(value) if isinstance(value, list) else value for name, value in row.items()}
    del flat["properties"]
    return flat | {f"properties.{name}": value for name, value in row["properties"].items()}
