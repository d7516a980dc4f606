"""When things happen and in what order: the Dagster assets, jobs, schedules, sensors and checks.

What they do is in `usecases`; `forms` is what people fill in, `told` what materializations tell, `runs` Dagster's runs.
"""
