#!/usr/bin/env bash
# Apache Airflow 2.11.2: `ti.job_id` is text in the process that runs a task, and a number in the task instance's row.
# The supervisor hands it on by the command line (--job-id), and nothing turns it back; Python then finds "1" != 1,
# so a task that compares itself with its row, to learn whether it was superseded, always finds that it was.
# Seen: in the task str '1', in the row int 1
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --disable-pip-version-check apache-airflow==2.11.2 \
  --constraint <(printf '%s\n' 'sqlalchemy<2' 'flask<2.4' 'connexion<3' 'marshmallow<4' 'pendulum<4')
export AIRFLOW_HOME=$tmp/home AIRFLOW__CORE__LOAD_EXAMPLES=False AIRFLOW__CORE__UNIT_TEST_MODE=False PATH="$tmp/venv/bin:$PATH"
mkdir -p "$AIRFLOW_HOME/dags"
cat > "$AIRFLOW_HOME/dags/told.py" <<'PY'
import os
from datetime import datetime

from airflow.decorators import dag, task


@dag(schedule=None, start_date=datetime(2026, 1, 1), is_paused_upon_creation=False)
def told():
    @task
    def tell(ti=None):
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session

        with create_session() as session:
            kept = session.query(TaskInstance.job_id).filter_by(dag_id=ti.dag_id, run_id=ti.run_id).scalar()
        with open(os.environ["AIRFLOW_HOME"] + "/told.txt", "w") as file:
            file.write(f"{type(ti.job_id).__name__} {ti.job_id!r} {type(kept).__name__} {kept!r}\n")

    tell()


told()
PY
airflow db migrate > "$tmp/log" 2>&1
airflow dags reserialize >> "$tmp/log" 2>&1
airflow dags trigger --run-id one told >> "$tmp/log" 2>&1
airflow tasks run told tell one --local --ignore-all-dependencies >> "$tmp/log" 2>&1 || { tail -n 20 "$tmp/log"; exit 1; }
read -r type_in_task in_task type_in_row in_row < "$AIRFLOW_HOME/told.txt"
echo "in the task $type_in_task $in_task, in the row $type_in_row $in_row"
[ "$type_in_task $type_in_row" = "str int" ] || { echo 'changed: both are of one type now'; exit 1; }
