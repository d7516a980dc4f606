"""Dagster's web server as `prescient dev` speaks to it: over HTTP, so that importing Dagster is not waited for."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from prescient_dagster.domain.errors import PrescientError

PATIENCE_SECONDS = 30
GOING = ["NOT_STARTED", "STARTING", "STARTED", "CANCELING"]
LAUNCH = """mutation($location: String!, $job: String!) {
  launchRun(executionParams: {selector: {repositoryLocationName: $location, repositoryName: "__repository__",
    jobName: $job}}) { __typename ... on Error { message } } }"""
RUNS = """query($statuses: [RunStatus!]!, $before: Float!) {
  runsOrError(filter: {statuses: $statuses, createdBefore: $before}) {
    __typename ... on Error { message } ... on Runs { results { runId tags { key value } } } } }"""
CANCEL = """mutation($runs: [String!]!) {
  terminateRuns(runIds: $runs, terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY) {
    __typename ... on Error { message } } }"""
POOLS = "query { instance { concurrencyLimits { concurrencyKey } } }"
LIMIT = "mutation($pool: String!) { setConcurrencyLimit(concurrencyKey: $pool, limit: 1) }"
RELOAD = """mutation($location: String!) {
  reloadRepositoryLocation(repositoryLocationName: $location) { __typename ... on Error { message } } }"""
RELOAD_SECONDS = 120
"""Loading a code location takes its time where much else goes on."""

GUARDED = "frame-ancestors 'self'"
"""By what our guard is known; Dagster's web server alone does not say it."""


class Webserver:
    """The web server on a port of this machine."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def answers(self) -> bool:
        """Whether the UI can be opened.

        Raises:
            PrescientError: it can, by any page.
        """
        try:
            with urlopen(f"{self.url}/server_info", timeout=5) as answer:
                guarded = GUARDED in answer.headers.get_all("Content-Security-Policy", ())
        except (URLError, OSError):
            return False
        if not guarded:
            raise PrescientError("Dagster's web server runs without its guard: install the versions of constraints.txt")
        return True

    def launch(self, location: str, job: str) -> None:
        """Start a run of a job.

        Raises:
            PrescientError: why it does not start.
        """
        self._ask("launchRun", LAUNCH, location=location, job=job)

    def runs_going(self, before: float) -> dict[str, dict[str, str]]:
        """The tags, by run, of the runs that began before a moment and have not ended."""
        found = self._ask("runsOrError", RUNS, statuses=GOING, before=before)
        return {run["runId"]: {tag["key"]: tag["value"] for tag in run["tags"]} for run in found["results"]}

    def mark_canceled(self, runs: Sequence[str]) -> None:
        """Note that runs have ended, without asking anybody."""
        self._ask("terminateRuns", CANCEL, runs=list(runs))

    def reload(self, location: str) -> None:
        """Load a code location anew, in a new process.

        Raises:
            PrescientError: why it cannot be loaded.
        """
        self._ask("reloadRepositoryLocation", RELOAD, patience=RELOAD_SECONDS, location=location)

    def limit_pools(self, pools: Sequence[str]) -> None:
        """Let one run at a time into each of these pools; those that have a limit keep it."""
        known = {limit["concurrencyKey"] for limit in self._ask("instance", POOLS)["concurrencyLimits"]}
        for pool in pools:
            if pool not in known:
                self._ask("setConcurrencyLimit", LIMIT, pool=pool)

    def _ask(self, field: str, query: str, patience: float = PATIENCE_SECONDS, **variables: object) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        try:
            document = _answer(request, patience)
        except (URLError, OSError, ValueError) as error:
            raise PrescientError(f"Dagster's web server does not answer: {error}") from error
        found = (document.get("data") or {}).get(field)
        faults = [error["message"] for error in document.get("errors", ())]
        if isinstance(found, dict) and "message" in found:
            faults.append(found["message"])
        if faults:
            raise PrescientError(f"Dagster's web server refuses {field}: {'; '.join(faults)}")
        return found


def _answer(request: Request, patience: float) -> Any:
    """The document that answers a request; a refusal has one too."""
    try:
        with urlopen(request, timeout=patience) as answer:
            return json.load(answer)
    except HTTPError as refusal:
        return json.load(refusal)
