#!/usr/bin/env bash
# SQLAlchemy 2.1.9: what a model does that is deprecated is noticed at the first query of the process, and said of the module
# that sent it. Where deprecations of that module are errors, as in many test suites of one's own code, the query fails for the
# model of somebody else, and every later query of every module fails too, for the mappers are left half made.
# Airflow 3.2.2 has such a model (Log).
# Seen: ours asks: SADeprecationWarning, theirs asks: InvalidRequestError
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9
cd "$tmp"
cat > models.py <<'PY'
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class Dag(Base):
    __tablename__ = "dag"
    id = Column(Integer, primary_key=True)


class Log(Base):
    __tablename__ = "log"
    id = Column(Integer, primary_key=True)
    dag_id = Column(ForeignKey("dag.id"))
    dag = relationship(Dag, lazy="noload")
PY
for module in ours theirs; do
  cat > "$module.py" <<'PY'
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

import models


def ask():
    engine = create_engine("sqlite://")
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        return session.execute(select(models.Dag.id)).all()
PY
done
seen=$("$tmp/venv/bin/python" - <<'PY'
import warnings

import ours
import theirs

warnings.filterwarnings("error", category=DeprecationWarning, module="ours")


def outcome(ask):
    try:
        ask()
    except Exception as error:
        return type(error).__name__
    return "rows"


print(f"ours asks: {outcome(ours.ask)}, theirs asks: {outcome(theirs.ask)}")
PY
)
echo "$seen"
[ "$seen" = "ours asks: SADeprecationWarning, theirs asks: InvalidRequestError" ] || { echo 'changed'; exit 1; }
