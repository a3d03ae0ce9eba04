"""An Elasticsearch cluster that knows no data and no ES|QL, only how asynchronous queries behave; a tool of the tests.

What it does is what ``/_query/async`` of servers since 8.13 was seen or read to do, case by case: see ``test_conformance.py``.
Tests script what each query comes to; the official client is the independent judge of what goes over the wire.
"""
