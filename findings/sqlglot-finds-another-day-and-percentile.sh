#!/usr/bin/env bash
# sqlglot 30.30.0, Spark's SQL written for DuckDB: dayofweek() keeps its name, though Spark counts from Sunday as 1 and DuckDB as 0;
# percentile(), which lies between two values in Spark, becomes quantile(), which takes one of them; CAST(1.9 AS INT), 1 in Spark, is 2.
# The queries run, and nothing is said; where DuckDB has no such function, an error says so. (Expected values: the examples in Spark's
# documentation of its functions, https://spark.apache.org/docs/latest/api/sql/, and its page on ANSI: a cast to an integer truncates.)
# One expects the same answer, or sqlglot's warning for what it cannot carry over (unsupported_level).
# For users: "who worked at a weekend" (days 1 and 7) finds who worked on Monday after a review moved from Databricks to a laptop, and
# the score at the ninetieth percentile is another one. The provider translates no SQL.
# Seen: dayofweek('2009-07-30') 4, Spark 5; percentile 0.3 of 0 and 10: 0, Spark 3.0; CAST(1.9 AS INT) 2, Spark 1
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check sqlglot==30.30.0 duckdb==2.0.1
cd "$tmp"
venv/bin/python - <<'PY'
import duckdb
import sqlglot

by_spark = {
    "SELECT dayofweek('2009-07-30')": 5,
    "SELECT percentile(col, 0.3) FROM VALUES (0), (10) AS tab(col)": 3.0,
    "SELECT CAST(1.9 AS INT)": 1,
}
found = {}
for query in by_spark:
    (translated,) = sqlglot.transpile(query, read="spark", write="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)
    found[query] = duckdb.execute(translated).fetchone()[0]
    print(translated, "->", found[query], "Spark", by_spark[query])
print("sqlglot", sqlglot.__version__, "duckdb", duckdb.__version__)
assert list(found.values()) == [4, 0, 2], "changed: the same answer, or refused"
PY
