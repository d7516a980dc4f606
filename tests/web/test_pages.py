"""Our pages beside Dagster's, asked for by HTTP: what was written, what is made, where relative links arrive."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from prescient_dagster.store.database import Database
from tests.conftest import cloned
from tests.store.histories import Books
from tests.web.guarded import Guarded, guarded

PREFIX = "/under/here"


@pytest.fixture(scope="module", params=["", PREFIX], ids=["at the root", "under a path"])
def web(
    request: pytest.FixtureRequest, template_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("web")
    with cloned(template_url) as url:
        settings = {"PRESCIENT_HOME": str(folder / "home"), "PRESCIENT_DATABASE_URL": url}
        with guarded(folder, path=request.param, settings=settings) as web:
            yield web


def test_before_anything_was_written_it_says_what_to_do(web: Guarded) -> None:
    answer = httpx.get(f"{web.url}/portfolios")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "prescient portfolio create first" in answer.text
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


def test_what_was_last_written_is_served_and_asked_for_anew_each_time(web: Guarded) -> None:
    written = web.log.parent / "home" / "pages" / "portfolios.html"
    written.parent.mkdir(parents=True, exist_ok=True)
    for text in ("<p>é one", "<p>two"):
        written.write_text(text, encoding="utf-8")
        answer = httpx.get(f"{web.url}/portfolios")
        assert (answer.text, answer.headers["cache-control"]) == (text, "no-cache")
    written.unlink()


@pytest.mark.parametrize("page", ["assets", "assets/momentum", "runs", "locations/a/jobs"])
@pytest.mark.parametrize("slug", ["", "/bold"])
def test_a_relative_link_arrives_from_any_page_of_dagsters(web: Guarded, page: str, slug: str) -> None:
    answer = httpx.get(f"{web.url}/{page}/portfolios{slug}")
    assert (answer.status_code, answer.headers["location"]) == (307, f"{web.path}/portfolios{slug}")


@pytest.mark.parametrize("page", ["assets/momentum/trades", "assets/momentum", "runs"])
def test_a_link_to_signals_arrives_at_the_partition_of_the_portfolio(web: Guarded, page: str) -> None:
    answer = httpx.get(f"{web.url}/{page}/portfolios/bold/signals/momentum")
    arrives = f"{web.path}/assets/momentum/signals?view=partitions&partition=bold"
    assert (answer.status_code, answer.headers["location"]) == (307, arrives)


@pytest.mark.parametrize("slug", ["nobody", "%00", "a%27b", "<script>"])
def test_a_portfolio_that_is_not_there_is_one_line(web: Guarded, slug: str) -> None:
    answer = httpx.get(f"{web.url}/portfolios/{slug}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(answer.text.splitlines()) == 1


@pytest.mark.parametrize("names", ["nobody", "replay:9", "sweep:9", ",", "%00,%0a", "<script>"])
def test_a_report_on_what_is_not_there_is_one_line(web: Guarded, names: str) -> None:
    answer = httpx.get(f"{web.url}/reports/{names}")
    assert (answer.status_code, len(answer.text.splitlines())) == (404, 1)


def test_dagsters_own_pages_are_where_they_were(web: Guarded) -> None:
    for path in ("/", "/assets/performance", "/runs"):
        assert "__NEXT_DATA__" in httpx.get(f"{web.url}{path}").text


@pytest.mark.parametrize("path", ["/portfolios", "/portfolios/bold", "/assets/portfolios"])
def test_the_guard_stands_before_them(web: Guarded, path: str) -> None:
    assert httpx.get(f"{web.url}{path}", headers={"Host": "stranger.example"}).status_code == 400
    assert httpx.get(f"{web.url}{path}", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_the_page_of_a_portfolio_is_as_it_is_now(database: Database, tmp_path: Path) -> None:
    books = Books(database, tmp_path / "captures")
    one = books.portfolio("bold")
    books.snapshot(one, 0, 1_010)
    settings = {"PRESCIENT_HOME": str(tmp_path / "home"), "PRESCIENT_DATABASE_URL": database.url}
    with guarded(tmp_path, settings=settings) as web:
        page = httpx.get(f"{web.url}/portfolios/bold").text
        assert "1,010.00" in page
        assert '<a href="../portfolios">All portfolios</a>' in page
        books.snapshot(one, 1, 1_020)
        assert "1,020.00" in httpx.get(f"{web.url}/portfolios/bold").text


def test_a_report_of_several_is_made_when_it_is_asked_for(database: Database, tmp_path: Path) -> None:
    books = Books(database, tmp_path / "captures")
    for slug, equity in (("first", 1_010), ("second", 1_030)):
        books.snapshot(books.portfolio(slug), 0, equity)
    settings = {"PRESCIENT_HOME": str(tmp_path / "home"), "PRESCIENT_DATABASE_URL": database.url}
    with guarded(tmp_path, settings=settings) as web:
        answer = httpx.get(f"{web.url}/runs/reports/first,second", follow_redirects=True)
        assert (answer.status_code, str(answer.url)) == (200, f"{web.url}/reports/first,second")
        assert "1,010.00" in answer.text
        assert "1,030.00" in answer.text
        assert '<a href="../portfolios">All portfolios</a>' in answer.text


def test_a_database_that_is_down_is_one_line(tmp_path: Path) -> None:
    settings = {"PRESCIENT_HOME": str(tmp_path), "PRESCIENT_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    with guarded(tmp_path, settings=settings) as web:
        answer = httpx.get(f"{web.url}/portfolios/bold")
        assert answer.status_code == 503
        assert answer.text.startswith("no database answers")
        assert httpx.get(f"{web.url}/portfolios").status_code == 200
