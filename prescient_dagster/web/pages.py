"""Pages of ours beside Dagster's: `/portfolios`, `/portfolios/SLUG` for each, and `/reports/NAMES` of several.

What is shown of all is what was last written; a portfolio's own page is made when somebody asks for it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from prescient_dagster.settings import load_settings

if TYPE_CHECKING:
    from prescient_dagster.store.database import Database
    from prescient_dagster.store.market.capture_folders import CaptureFolder

PATH, REPORTS = "/portfolios", "/reports"
FRESH = {"Cache-Control": "no-cache"}


def routes(prefix: str) -> list[Route]:
    """The routes, also those that links on Dagster's pages lead to: relative, as nobody knows the prefix."""

    def led_back(request: Request) -> Response:
        slug = request.path_params.get("slug", "")
        return RedirectResponse(f"{prefix}{PATH}/{slug}".rstrip("/"))

    def led_back_to_report(request: Request) -> Response:
        return RedirectResponse(f"{prefix}{REPORTS}/{request.path_params['names']}")

    def led_to_signals(request: Request) -> Response:
        strategy, slug = (quote(request.path_params[name], safe="") for name in ("strategy", "slug"))
        return RedirectResponse(f"{prefix}/assets/{strategy}/signals?view=partitions&partition={slug}")

    return [
        Route(f"{prefix}{PATH}", home),
        Route(f"{prefix}{PATH}/{{slug:str}}", portfolio),
        Route(f"{prefix}{REPORTS}/{{names:str}}", report),
        Route(f"{prefix}/{{page:path}}{REPORTS}/{{names:str}}", led_back_to_report),
        Route(f"{prefix}/{{page:path}}{PATH}/{{slug:str}}/signals/{{strategy:str}}", led_to_signals),
        Route(f"{prefix}/{{page:path}}{PATH}", led_back),
        Route(f"{prefix}/{{page:path}}{PATH}/{{slug:str}}", led_back),
    ]


def home(_request: Request) -> Response:
    """All portfolios, as they were when performance was last worked out."""
    from prescient_dagster.usecases.write_report import read_home  # what figures need is not waited for at the start

    return HTMLResponse(read_home(load_settings().pages_folder), headers=FRESH)


def report(request: Request) -> Response:
    """Portfolios, replays or a walk-forward as they are now, by their names with commas between."""
    from prescient_dagster.usecases.write_report import page_of

    names = request.path_params["names"].split(",")
    return _made(lambda database, folder: page_of(database, folder, names, f"..{PATH}"))


def portfolio(request: Request) -> Response:
    """A portfolio as it is now."""
    from prescient_dagster.usecases.write_report import portfolio_page

    slug = request.path_params["slug"]
    return _made(lambda database, folder: portfolio_page(database, folder, slug, f"..{PATH}"))


def _made(page_of: "Callable[[Database, CaptureFolder], str]") -> Response:
    """A page that is made from what is stored, or in a line why it is not."""
    from prescient_dagster.domain.errors import NotFound, PrescientError
    from prescient_dagster.resources import open_database

    try:
        settings = load_settings()
        page = page_of(open_database(settings), settings.captures_folder)
    except PrescientError as error:
        return PlainTextResponse(f"{error}\n", 404 if isinstance(error, NotFound) else 503)
    return HTMLResponse(page, headers=FRESH)
