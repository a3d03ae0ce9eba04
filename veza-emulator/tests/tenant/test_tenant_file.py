"""A tenant from a file: what it says is served; what is wrong in it is told with file and place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from veza_emulator.__main__ import main
from veza_emulator.graph.tenant_graph import Node, RiskLevel, Tag
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.tenant.tenant_file import TenantFileError, read_tenant_file

LEDGER = """
nodes:
  - id: "arn:aws:s3:::ledger/2026"
    type: S3Bucket
    properties: {name: ledger, created_at: 2026-01-02T03:04:05Z, object_count: 12, tags: [a, b], region: null}
    risk_level: high
    tags: [{key: tier, value: one}]
  - {id: "00u1", type: OktaUser, properties: {name: Zoë}}
  - {id: "00g1", type: OktaGroup}
edges:
  - {from: "00u1", to: "00g1"}
  - {from: "00g1", to: "arn:aws:s3:::ledger/2026", permissions: ["s3:GetObject", Own]}
permissions:
  Own: [DATA_DELETE]
"""
ACCESS = {
    "source_node_types": {"nodes": [{"node_type": "OktaUser"}]},
    "relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": "S3Bucket"}]}}]},
    "result_value_type": "SOURCE_AND_DESTINATION_NODES",
}


def written(folder: Path, text: str, name: str = "tenant.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_nodes_carry_everything_that_the_file_says(tmp_path: Path) -> None:
    graph = read_tenant_file(written(tmp_path, LEDGER))
    assert graph.nodes[0] == Node(
        "arn:aws:s3:::ledger/2026",
        "S3Bucket",
        {"name": "ledger", "created_at": "2026-01-02T03:04:05Z", "object_count": 12, "tags": ["a", "b"]},
        RiskLevel.HIGH,
        (Tag("tier", "one"),),
    )
    assert [node.properties.get("name") for node in graph.nodes[1:]] == ["Zoë", None]


def test_yaml_and_json_of_the_same_content_are_the_same_tenant(tmp_path: Path) -> None:
    content = yaml.safe_load(LEDGER.replace("2026-01-02T03:04:05Z", '"2026-01-02T03:04:05Z"'))
    as_json = read_tenant_file(written(tmp_path, json.dumps(content), "tenant.json"))
    assert as_json.nodes == read_tenant_file(written(tmp_path, LEDGER)).nodes


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("nodes: []", "nodes", "Cannot be empty"),
        ("nodes: {a: b}", "nodes", "must be a list of objects"),
        ("nodes: [{id: a}]", "nodes[0].type", "Cannot be empty"),
        ("nodes: [{id: a, type: T}, {id: a, type: T}]", "nodes[1].id", "'a' is the id of nodes[0] too"),
        ("nodes: [{id: a, type: T, colour: red}]", "nodes[0].colour", "is not a field"),
        ("nodes: [{id: a, type: T, properties: {p: {q: 1}}}]", "nodes[0].properties.p", "must be text, a number"),
        ("nodes: [{id: a, type: T, properties: {p: .nan}}]", "nodes[0].properties.p", "must be text, a number"),
        ("nodes: [{id: a, type: T, risk_level: EXTREME}]", "nodes[0].risk_level", "not a valid RiskLevel"),
        ("nodes: [{id: a, type: T, tags: [{value: v}]}]", "nodes[0].tags[0].key", "Cannot be empty"),
        ("{nodes: [{id: a, type: T}], edges: [{from: a, to: b}]}", "edges[0].to", "names node 'b', which is not in"),
        ("{nodes: [{id: a, type: T}], edges: [{from: a}]}", "edges[0].to", "Cannot be empty"),
        ("{nodes: [{id: a, type: T}], edges: [{from: a, to: a, kind: X}]}", "edges[0].kind", "not a valid EdgeKind"),
        ("{nodes: [{id: a, type: T}], permissions: {Own: [ALL]}}", "permissions.Own", "ALL is not one of"),
        ("{nodes: [{id: a, type: T}], uses: [{from: a, to: c}]}", "uses[0].to", "names node 'c'"),
        ("{nodes: [{id: a, type: T}], snapshots: {'1': {nodes: []}}}", "snapshots.1.nodes", "Cannot be empty"),
        ("{nodes: [{id: a, type: T}], vertices: []}", "vertices", "is not a field"),
    ],
)
def test_a_mistake_is_told_with_file_and_place(tmp_path: Path, text: str, place: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(TenantFileError) as error:
        read_tenant_file(path)
    first, *mistakes = str(error.value).splitlines()
    assert first == f"{path} does not describe a tenant:"
    assert any(mistake.startswith(f"  {place}: ") and words in mistake for mistake in mistakes), mistakes


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("tenant.json", '{"nodes": [}', "not valid JSON: Expecting value: line 1 column 12"),
        ("tenant.yaml", "nodes:\n  - {id: a\n  type: T}", "not valid YAML"),
        ("tenant.yaml", "nodes: [{id: a, type: T, properties: {7: seven}}]", "quote the name 7"),
        ("tenant.yaml", "nodes: !!python/object:os.system {}", "not valid YAML"),
        ("tenant.yaml", "[1, 2]", "must hold an object"),
        ("tenant.yaml", "", "must hold an object"),
    ],
)
def test_a_file_that_holds_no_object_is_told_with_its_place(tmp_path: Path, name: str, text: str, words: str) -> None:
    path = written(tmp_path, text, name)
    with pytest.raises(TenantFileError) as error:
        read_tenant_file(path)
    assert str(error.value).startswith(str(path))
    assert words in str(error.value)


def test_all_mistakes_are_told_at_once_but_not_a_thousand(tmp_path: Path) -> None:
    nodes = "".join(f"\n  - {{id: n{number}}}" for number in range(1_000))
    with pytest.raises(TenantFileError) as error:
        read_tenant_file(written(tmp_path, f"nodes:{nodes}"))
    lines = str(error.value).splitlines()
    assert len(lines) == 22
    assert lines[-1] == "  and 980 more"


def test_a_missing_file_ends_the_command_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing.yaml"
    with pytest.raises(SystemExit) as ended:
        main(["--data", str(missing)])
    assert ended.value.code == 1
    assert f"the emulator cannot start: {missing} cannot be read: No such file" in capsys.readouterr().err


def test_a_tenant_started_with_a_file_holds_it_in_place_of_the_demo(tmp_path: Path) -> None:
    tenant = Tenant(TenantSettings(data=written(tmp_path, LEDGER)))
    assert [node.type for node in tenant.graph.nodes] == ["S3Bucket", "OktaUser", "OktaGroup"]


TEXT = st.text(max_size=4)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
CONTENTS = st.dictionaries(st.sampled_from(["nodes", "edges", "permissions", "uses", "snapshots", "x"]), JUNK)


@given(CONTENTS)
def test_any_content_is_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, content: object
) -> None:
    path = written(tmp_path_factory.getbasetemp(), json.dumps(content), "any.json")
    with pytest.raises(TenantFileError):
        read_tenant_file(path)
