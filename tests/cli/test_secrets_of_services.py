"""Which processes of `prescient dev` are given the address of the webhook: who sends alerts, and nobody else."""

from pathlib import Path

import psutil

from tests.processes import command_line, dev, free_port, of_home, wait_for

WEBHOOK = "PRESCIENT_ALERT_WEBHOOK"
ROLES = {
    "spawn_main(": "a run",  # a process that a code server starts for it
    "-m prescient_dagster.web": "the web server",
    "-m dagster._daemon": "the daemon",
    "--location-name strategy_assets": "the code server of the strategies",
    "--location-name prescient_dagster": "the code server of the platform",
}
GIVEN = {"the code server of the platform"}


def role(process: psutil.Process) -> str:
    started = command_line(process)
    return next((name for sign, name in ROLES.items() if sign in started), started)


def note(home: Path, seen: dict[str, set[bool]]) -> bool:
    """Add who is there now, and whether they are given the address; whether everybody has been seen."""
    for process in of_home(home):
        try:
            seen.setdefault(role(process), set()).add(bool(process.environ().get(WEBHOOK)))
        except psutil.NoSuchProcess:
            continue
    return set(ROLES.values()) <= set(seen)


def test_the_webhook_is_told_to_the_platforms_code_server_alone_and_to_no_run(home: Path) -> None:
    seen: dict[str, set[bool]] = {}
    with dev(home, free_port(), alert_webhook="http://127.0.0.1:9/secret"):
        wait_for("a run", lambda: note(home, seen))
    assert {name for name, given in seen.items() if True in given} == GIVEN, seen
