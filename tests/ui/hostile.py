"""Recordings whose texts want to do harm: what the simulated venue would answer, with other titles and questions."""

import json
from datetime import timedelta
from itertools import cycle
from pathlib import Path

from tests.venue.simulations import HOUR, NOON, open_events

SET_A_FLAG = "window.harmed=1"
HOSTILE = (
    f'<img src=x onerror="{SET_A_FLAG}">',
    f"<script>{SET_A_FLAG}</script>",
    f"[press me](javascript:{SET_A_FLAG})",
    "![a picture](http://127.0.0.1:9/x.png)",
    "one | two | three",
    "`code` **bold** # title",
)


def record(folder: Path, hours: int = 2) -> None:
    """Write recordings of these hours into a folder."""
    for hour in range(hours):
        events = open_events(HOUR * hour, events=60)
        for number, (event, text) in enumerate(zip(events, cycle(HOSTILE), strict=False)):
            event["title"] = f"{text} event {number}"
            for market, other in zip(event["markets"], cycle(HOSTILE), strict=False):
                market["question"] = f"{other} {market['id']}"
                market["outcomes"] = json.dumps([other, f"not {other}"])
        time = NOON + timedelta(hours=hour)
        (folder / f"{time:%Y-%m-%dT%H-%M-%SZ}.json").write_text(json.dumps(events), encoding="utf-8")
