#!/usr/bin/env bash
# dagster-celery 0.29.27 (dagster 1.13.27): a run whose worker died is never resumed; the first attempt fails the run.
#
# Expected: the launcher says `supports_resume_run`, and with `max_resume_run_attempts: 2` the run monitor sends the run
# to another worker, twice, before it gives up.
# Seen: the launcher calls its task with `execute_job_args_packed`, but the task that resumes wants
# `resume_job_args_packed`. Celery refuses before anything reaches the broker, and the run is marked as failed at once,
# with one attempt used. That a worker can die and its run live on is what the setting is for.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check dagster==1.13.27 dagster-celery==0.29.27
export DAGSTER_HOME="$work/home" DAGSTER_DISABLE_TELEMETRY=1
mkdir "$DAGSTER_HOME"
cat > "$DAGSTER_HOME/dagster.yaml" <<'YAML'
run_launcher:
  module: dagster_celery.launcher
  class: CeleryRunLauncher
  config: {broker: "memory://", backend: "cache+memory://"}
run_monitoring: {enabled: true, max_resume_run_attempts: 2}
telemetry: {enabled: false}
YAML
cat > "$work/desk.py" <<'PY'
import dagster as dg


@dg.op
def trade() -> None: ...


@dg.job
def cycle() -> None:
    trade()


defs = dg.Definitions(jobs=[cycle])
PY
cd "$work"
"$work/venv/bin/dagster" job launch -f desk.py -j cycle > /dev/null 2>&1 # waits in Dagster's own queue
"$work/venv/bin/python" -W ignore - 2> /dev/null <<'PY' | grep -v dagster.code_server
import logging
import sys

import dagster as dg
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import PythonFileTarget
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration

CODE = PythonFileTarget(python_file="desk.py", attribute=None, working_directory=".", location_name="desk.py")


def waiting(instance: dg.DagsterInstance) -> int:
    """Tasks that wait for a worker; none is running here."""
    with instance.run_launcher.celery.connection_for_read() as connection:
        return connection.default_channel.queue_declare("dagster", passive=True).message_count


with dg.DagsterInstance.get() as instance, WorkspaceProcessContext(instance, CODE) as workspace:
    (run,) = instance.get_runs()
    instance.launch_run(run.run_id, workspace.create_request_context())
    started = dg.DagsterEvent(event_type_value="PIPELINE_START", job_name="cycle")  # a worker takes it, and dies
    instance.report_dagster_event(started, run_id=run.run_id)
    print("resumes:", instance.run_launcher.supports_resume_run, "attempts:", instance.run_monitoring_max_resume_run_attempts)
    before = waiting(instance)
    errors = [error for error in execute_run_monitoring_iteration(workspace, logging.getLogger("monitor")) if error]
    status = instance.get_run_by_id(run.run_id).status.value
    sent = waiting(instance) - before
    print("the monitor:", *(error.message.strip() for error in errors))
    print(f"after its first look the run is {status}, {sent} tasks were sent")
if status != "FAILURE" or sent or "execute_job_args_packed" not in errors[0].message:
    print("changed: see above")
    sys.exit(1)
PY
