"""What a Celery worker serves: Dagster's tasks, on the broker of the instance that DAGSTER_HOME names.

    celery -A prescient_dagster.celery_worker worker -Q dagster -c 2

The app is the launcher's own, so that whoever sends and whoever carries out have one configuration: `dagster.yaml`.
"""

import dagster as dg
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tasks import create_execute_job_task, create_resume_job_task


def _app_of_the_instance() -> object:
    with dg.DagsterInstance.get() as instance:
        launcher = instance.run_launcher
        if not isinstance(launcher, CeleryRunLauncher):
            raise SystemExit("the run_launcher in dagster.yaml is none of Celery's: see deploy/celery/dagster.yaml")
        return launcher.celery


app = _app_of_the_instance()
execute_job = create_execute_job_task(app)
resume_job = create_resume_job_task(app)
