"""Our errors as Dagster shows them: one Failure with the one line, never retried."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from prescient_dagster.domain.errors import PrescientError


@contextmanager
def explained() -> Iterator[None]:
    """Turn an error of ours into the step's Failure."""
    try:
        yield
    except PrescientError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
