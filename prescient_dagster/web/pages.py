"""Pages of ours beside Dagster's: `/portfolios`, and `/portfolios/SLUG` for each.

What is shown of all is what was last written; a portfolio's own page is made when somebody asks for it.
"""

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from prescient_dagster.settings import load_settings

PATH = "/portfolios"
FRESH = {"Cache-Control": "no-cache"}


def routes(prefix: str) -> list[Route]:
    """The routes, also those that links on Dagster's pages lead to: relative, as nobody knows the prefix."""

    def led_back(request: Request) -> Response:
        slug = request.path_params.get("slug", "")
        return RedirectResponse(f"{prefix}{PATH}/{slug}".rstrip("/"))

    return [
        Route(f"{prefix}{PATH}", home),
        Route(f"{prefix}{PATH}/{{slug:str}}", portfolio),
        Route(f"{prefix}/{{page:path}}{PATH}", led_back),
        Route(f"{prefix}/{{page:path}}{PATH}/{{slug:str}}", led_back),
    ]


def home(_request: Request) -> Response:
    """All portfolios, as they were when performance was last worked out."""
    from prescient_dagster.usecases.write_report import read_home  # what figures need is not waited for at the start

    return HTMLResponse(read_home(load_settings().pages_folder), headers=FRESH)


def portfolio(request: Request) -> Response:
    """A portfolio as it is now."""
    from prescient_dagster.domain.errors import NotFound, PrescientError
    from prescient_dagster.resources import open_database
    from prescient_dagster.usecases.write_report import portfolio_page

    try:
        page = portfolio_page(open_database(load_settings()), request.path_params["slug"], f"..{PATH}")
    except PrescientError as error:
        return PlainTextResponse(f"{error}\n", 404 if isinstance(error, NotFound) else 503)
    return HTMLResponse(page, headers=FRESH)
