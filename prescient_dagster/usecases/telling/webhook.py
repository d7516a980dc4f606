"""Telling a webhook something. Its address is a secret: whoever knows it can write there, so no message shows it."""

from collections.abc import Mapping
from typing import Any

import httpx

from prescient_dagster.domain.errors import NotDelivered

TIMEOUT_SECONDS = 10


def post(url: str, body: Mapping[str, Any]) -> None:
    """Send a JSON document; `NotDelivered` unless the answer is a success."""
    try:
        answer = httpx.post(url, json=dict(body), timeout=TIMEOUT_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotDelivered(f"the alert webhook does not answer ({type(error).__name__}): {NEXT}") from None
    if not answer.is_success:
        raise NotDelivered(f"the alert webhook answered {answer.status_code}: {NEXT}")


NEXT = "what there is to tell is told with the next tick; see PRESCIENT_ALERT_WEBHOOK"
