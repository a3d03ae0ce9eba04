"""What a DAG file of our operators costs beside one of BashOperators: CPU in fresh processes, the imports left out."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

BUDGET = 1.3
_FILE = """
import time
from airflow.providers.common.compat.sdk import DAG
{imports}
begun = time.process_time()
with DAG("parsed", schedule=None):
    for number in range({operators}):
        {operator}
print("ANSWER", time.process_time() - begun)
"""
_BASH = (
    "from airflow.providers.standard.operators.bash import BashOperator",
    'BashOperator(task_id=f"task_{number}", bash_command="echo {{ ds }}")',
)
_OURS = "from airflow_provider_veza.operators.query import VezaQueryOperator"
_SPEC = '{"source_node_types": {"nodes": [{"node_type": "AwsIamUser"}]}}'
_FILES = {
    "BashOperator": _BASH,
    "ours, rows to XCom": (_OURS, f'VezaQueryOperator(task_id=f"task_{{number}}", query_spec={_SPEC})'),
    "ours, rows to s3://": (
        _OURS,
        f'VezaQueryOperator(task_id=f"task_{{number}}", query_spec={_SPEC}, output_path=f"s3://lake/{{number}}/by_day")',
    ),
}


def main() -> None:
    """Measure and print; the files take turns, so that a busy machine slows all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operators", type=int, default=200, help="of each file (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="fresh processes per file (default: %(default)s)")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        environment = os.environ | {"AIRFLOW_HOME": os.environ.get("AIRFLOW_HOME", f"{folder}/airflow")}
        taken: dict[str, list[float]] = {name: [] for name in _FILES}
        for _ in range(arguments.runs):
            for name, (imports, operator) in _FILES.items():
                text = _FILE.format(imports=imports, operator=operator, operators=arguments.operators)
                taken[name].append(_seconds(Path(folder, "parsed.py"), text, environment))
    bash = median(taken["BashOperator"])
    for name, seconds in taken.items():
        print(f"{name:22}{median(seconds) * 1e3:8.1f} ms{median(seconds) / bash:7.2f} times (budget {BUDGET})")


def _seconds(path: Path, text: str, environment: dict[str, str]) -> float:
    path.write_text(text)
    done = subprocess.run([sys.executable, str(path)], env=environment, capture_output=True, text=True, check=True)
    return float(next(line for line in done.stdout.splitlines() if line.startswith("ANSWER")).split()[1])


if __name__ == "__main__":
    main()
