"""The tables behaviour x engine, docs/engines.md, from what `make test-engines` left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from tools.real_airflow.run_folder import REPOSITORY, RUNS
from tools.storages_table import NOT_RUN, table_lines

Outcomes = dict[str, dict[str, dict[str, str]]]
"""By format, engine and behaviour."""

LEFT_BEHIND = RUNS / "engines.json"
TABLE = REPOSITORY / "docs" / "engines.md"
TITLES = {"jsonl": "JSON Lines", "csv": "CSV", "parquet": "Parquet"}
INTRODUCTION = """\
# Engines

Written by `make test-engines`, which lands every format once and reads it with each engine, without an option beyond the format:
`part-*`, two rows a part. `yes`: the values are those that were landed, as whichever type the engine has for them; a value: what
came in its place; `dropped`: there is no such column; a name: the error. `make test` holds DuckDB, polars, pandas and pyarrow to
these tables.

**Exact in every engine: Arrow, through the manifest.** The same test gives each engine what `to_arrow()` returns, of every
format, and finds every value as it was landed:

```python
table = read_manifest("s3://aws_default@lake/access/2026-11-22").to_arrow()  # or .batches(), a thousand rows at a time
duckdb.from_arrow(table)
polars.DataFrame(table)
table.to_pandas(types_mapper=pandas.ArrowDtype)  # read_manifest(...).to_pandas()
datafusion.SessionContext().from_arrow(table)
chdb.query("SELECT * FROM Python(table)")
daft.from_arrow(table)
spark.createDataFrame(table)
```

**Exact without it: Parquet**, in all but pandas, which makes floats of integers beside nulls (`dtype_backend="pyarrow"` makes
none). Its parts have one schema, late columns included, and integers that no `int64` holds are text. Where JSON Lines or CSV are
read without the manifest:

- DuckDB: `read_json(..., union_by_name = true, sample_size = -1)` for keys that come later than its sample; `read_csv(...,
  quote = '"', comment = '', all_varchar = true, allow_quoted_nulls = false)` for `#` and empty texts, and since it guesses the
  quote from the first part, which may have none.
- polars, pandas, pyarrow: give the schema of the manifest (`columns`); what they guess is a guess from the first rows.
  pyarrow.dataset does not decompress `.zst`.
- CSV: no engine but chDB and polars tells an empty text from a null without an option, and a null in a table of one column is an
  empty line, which most skip: land with `null_value="NULL"` and name it (`nullstr`, `na_values`, `null_values`).
- Spark: `option("escape", '"')` and `option("multiLine", True)` for CSV, or values with a quote in them are cut and move to other
  columns. Dotted names want backticks there; land with `column_names="underscored"`, which BigQuery and Avro want too.
- Late columns: Daft and chDB go by the file that they list first, so a `yes` here may be `dropped` in another folder. DataFusion:
  give `read_csv` the folder; of a list of files only the first one says what there is.
- `folder/*` instead of `folder/part-*`: see [landing](landing.md).
"""


def main() -> None:
    """Write the tables of the last run."""
    outcomes: Outcomes = json.loads(LEFT_BEHIND.read_text(encoding="utf-8"))
    TABLE.write_text(page(outcomes), encoding="utf-8")


def page(outcomes: Outcomes) -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, *_sections(outcomes)])


def documented(text: str, form: str, engine: str) -> dict[str, str]:
    """Return what the page says of an engine and a format; empty where it says nothing."""
    section = text.partition(f"\n## {TITLES[form]}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if line[:1] == "|"]
    if not rows or engine not in rows[0]:
        return {}
    column = rows[0].index(engine)
    return {row[0]: row[column] for row in rows[2:] if row[column] != NOT_RUN}


def _sections(outcomes: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Iterator[str]:
    for form, title in TITLES.items():
        yield f"## {title}\n"
        yield from table_lines(_by_behaviour(outcomes.get(form, {})), head="")
        yield ""


def _by_behaviour(outcomes: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    behaviours = dict.fromkeys(behaviour for of_engine in outcomes.values() for behaviour in of_engine)
    return {
        behaviour: {engine: of_engine[behaviour] for engine, of_engine in outcomes.items() if behaviour in of_engine}
        for behaviour in behaviours
    }


if __name__ == "__main__":
    main()
