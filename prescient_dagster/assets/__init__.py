"""When things happen and in what order: the Dagster assets, jobs, schedules and sensors."""
