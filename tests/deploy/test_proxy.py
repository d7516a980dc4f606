"""The proxy before two real web servers: each user reaches the one that is theirs, and no foreign page reaches any."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.deploy.proxy import OPERATOR, VIEWER, Proxy, caddy, proxied
from tests.web.guarded import POOLS, SET, Guarded, guarded

ELSEWHERE = "http://localhost:9"


@dataclass(frozen=True)
class Deployed:
    proxy: Proxy
    webserver: Guarded
    viewer: Guarded

    def ask(self, method: str, path: str, user: tuple[str, str] | None = OPERATOR, **more: object) -> httpx.Response:
        """Ask through the proxy."""
        with httpx.Client(verify=False, auth=user) as client:
            return client.request(method, f"{self.proxy.url}{path}", **more)  # type: ignore[arg-type]

    def reached(self) -> int:
        """How many requests got through to be refused behind it."""
        return len(self.webserver.refusals()) + len(self.viewer.refusals())


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    caddy()
    folder = tmp_path_factory.mktemp("deployed")
    with (
        guarded(folder, hosts="localhost") as webserver,
        guarded(folder, "--read-only", hosts="localhost") as viewer,
        proxied(folder, webserver.port, viewer.port) as proxy,
    ):
        yield Deployed(proxy, webserver, viewer)


def test_nobody_gets_in_without_a_password(there: Deployed) -> None:
    for user in (None, ("anna", "wrong"), (OPERATOR[0], VIEWER[1]), ("carla", OPERATOR[1])):
        assert there.ask("GET", "/", user).status_code == 401


def test_the_operator_changes_and_the_viewer_looks_on(there: Deployed) -> None:
    ours = {"Origin": there.proxy.url, "Sec-Fetch-Site": "same-origin"}

    def change(user: tuple[str, str]) -> httpx.Response:
        query = SET.replace("POOL", f"by {user[0]}")
        return there.ask("POST", "/graphql", user, json={"query": query}, headers=ours)

    assert change(OPERATOR).json() == {"data": {"setConcurrencyLimit": True}}
    assert there.webserver.pools() == {"by anna"}
    assert "by anna" in there.ask("POST", "/graphql", VIEWER, json={"query": POOLS}, headers=ours).text
    assert there.ask("GET", "/", VIEWER).status_code == 200
    change(VIEWER)
    assert there.webserver.pools() == {"by anna"}
    assert there.ask("POST", "/report_asset_materialization/a", VIEWER).status_code == 401


def test_another_host_gets_400(there: Deployed) -> None:
    assert there.ask("GET", "/", headers={"Host": "stranger.example"}).status_code == 400
    plain = httpx.get(there.proxy.plain_url, headers={"Host": "stranger.example"})
    assert (plain.status_code, plain.text) == (400, "unknown host")
    assert httpx.get(there.proxy.plain_url).status_code == 308
    assert there.reached() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ELSEWHERE},
        {"Origin": "null"},
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
def test_a_foreign_page_is_refused_by_the_proxy_itself(there: Deployed, headers: dict[str, str], method: str) -> None:
    assert there.ask(method, "/graphql", headers=headers).status_code == 403
    assert there.reached() == 0


def test_a_link_from_elsewhere_may_be_followed(there: Deployed) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert there.ask("GET", "/runs", headers=link).status_code == 200


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("GET", {"params": {"query": SET}}),
        ("POST", {"params": {"query": SET}}),
        ("POST", {"data": {"query": SET}}),
        ("POST", {"files": {"query": SET}}),
        ("POST", {"json": {"query": SET}, "headers": {"Content-Type": "text/plain; application/json"}}),
    ],
)
def test_changes_come_as_json_by_post(there: Deployed, method: str, more: dict[str, object]) -> None:
    before = there.webserver.pools()
    assert there.ask(method, "/graphql", **more).status_code == 405
    assert there.webserver.pools() == before
    assert there.reached() == 0


def test_no_foreign_page_may_frame_what_it_answers(there: Deployed) -> None:
    for answer in (there.ask("GET", "/"), there.ask("GET", "/", headers={"Origin": ELSEWHERE})):
        headers = answer.headers
        assert headers.get_list("x-frame-options") == ["SAMEORIGIN"]
        assert "frame-ancestors 'self'" in headers.get_list("content-security-policy")
