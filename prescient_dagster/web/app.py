"""Dagster's web server with the guard before it, and with our own pages."""

from collections.abc import Mapping
from typing import Any

from dagster._core.workspace.context import BaseWorkspaceRequestContext, IWorkspaceProcessContext
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from prescient_dagster.settings import load_settings
from prescient_dagster.web import pages
from prescient_dagster.web.admission import Hosts, judge_operation
from prescient_dagster.web.guard import Guard, refuse


class PrescientWebserver(DagsterWebserver[IWorkspaceProcessContext[Any], BaseWorkspaceRequestContext]):
    """Dagster's web server; it answers known hosts and its own pages."""

    def build_middleware(self) -> list[Middleware]:
        """The guard first."""
        return [Middleware(Guard, hosts=Hosts(load_settings().host_names)), *super().build_middleware()]

    def build_routes(self) -> list[BaseRoute]:
        """Ours first: Dagster's last one takes every path."""
        return [*pages.routes(self._app_path_prefix), *super().build_routes()]  # type: ignore[no-untyped-call]

    async def execute_graphql_request(  # type: ignore[override]  # Dagster says JSON, which a refusal is not
        self, request: Request, query: str, variables: Mapping[str, Any] | None, operation_name: str | None
    ) -> Response:
        """Carry out what a request asks for, however it was sent: all ways of asking by HTTP meet here."""
        refusal = judge_operation(query, request.headers, request.method)
        if refusal:
            return refuse(request, refusal)
        given = dict(variables) if variables is not None else None
        return await super().execute_graphql_request(request, query, given, operation_name)
