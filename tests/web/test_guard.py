"""Dagster's web server behind the guard, as a process: what is answered, what is refused, what the log says of it."""

from collections.abc import Iterator
from socket import create_connection
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.web.guarded import POOLS, SET, Guarded, guarded

ELSEWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded(tmp_path_factory.mktemp("web"), path="/under/here", hosts="trade.example.org") as web:
        yield web


def test_scripts_ask_and_change_as_they_are_used_to(web: Guarded) -> None:
    assert web.post(SET.replace("POOL", "script")).json() == {"data": {"setConcurrencyLimit": True}}
    asked = httpx.get(f"{web.url}/graphql", params={"query": POOLS})
    assert "script" in asked.text
    sent = httpx.post(f"{web.url}/graphql", content=POOLS, headers={"Content-Type": "application/graphql"})
    assert "script" in sent.text


@pytest.mark.parametrize(
    ("host", "origin"),
    [("", ""), ("trade.example.org", "https://trade.example.org"), ("localhost:3000", "https://trade.example.org")],
)
def test_our_own_pages_ask_and_change_also_behind_a_proxy(web: Guarded, host: str, origin: str) -> None:
    name = f"ours-{host}"
    headers = {"Host": host or f"127.0.0.1:{web.port}", "Origin": origin or f"http://127.0.0.1:{web.port}"}
    assert web.post(SET.replace("POOL", name), **headers, **{"Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert name in web.pools()


@pytest.mark.parametrize("path", ["/", "/graphql", "/server_info", "/logs/x/y.out", "/runs", "/favicon.png", "/../x"])
def test_a_foreign_host_gets_400_wherever_it_asks(web: Guarded, path: str) -> None:
    before = len(web.refusals())
    answer = httpx.get(f"{web.url}{path}", headers={"Host": "stranger.example"})
    assert (answer.status_code, answer.text.count("\n")) == (400, 1)
    (told,) = web.refusals()[before:]
    assert "stranger.example" in told


@pytest.mark.parametrize(
    "headers",
    [{"Origin": ELSEWHERE}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "PUT"])
def test_a_page_of_another_origin_is_refused_and_told_of_once(
    web: Guarded, headers: dict[str, str], method: str
) -> None:
    before, pools = len(web.refusals()), web.pools()
    told_by = {**headers, "Content-Type": "application/json"}
    body = f'{{"query": "{SET.replace(chr(34), chr(92) + chr(34))}"}}'
    answer = httpx.request(method, f"{web.url}/graphql", headers=told_by, content=body)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert len(web.refusals()) == before + 1
    assert web.pools() == pools


@pytest.mark.parametrize(
    "path", ["/report_asset_materialization/a", "/report_asset_check/a", "/report_asset_observation/a"]
)
def test_nor_does_it_report_events(web: Guarded, path: str) -> None:
    assert httpx.post(f"{web.url}{path}", headers={"Origin": ELSEWHERE}).status_code == 403


SECOND = f"{POOLS} {SET}"
BY_OTHER_MEANS: dict[str, dict[str, Any]] = {
    "a link": {"method": "GET", "params": {"query": SET}},
    "a link of two operations": {"method": "GET", "params": {"query": SECOND, "operationName": "Set"}},
    "a form whose query is in its address": {"method": "POST", "params": {"query": SET}, "data": {"a": "b"}},
    "parts": {"method": "POST", "params": {"query": SET}, "files": {"a": b"b"}},
    "plain text that says it is JSON": {
        "method": "POST",
        "json": {"query": SET},
        "headers": {"Content-Type": "text/plain; application/json"},
    },
    "GraphQL": {"method": "POST", "content": SET, "headers": {"Content-Type": "application/graphql"}},
    "nothing": {"method": "POST", "params": {"query": SET}},
}


@pytest.mark.parametrize("means", BY_OTHER_MEANS)
def test_nothing_is_changed_by_other_means_than_json_not_even_by_ourselves(web: Guarded, means: str) -> None:
    before, pools = len(web.refusals()), web.pools()
    answer = httpx.request(url=f"{web.url}/graphql", **BY_OTHER_MEANS[means])
    assert answer.status_code == 405
    (told,) = web.refusals()[before:]
    assert "setConcurrencyLimit" not in told
    assert web.pools() == pools


@pytest.mark.parametrize(
    "request_",
    [
        {"data": {"query": SET}},
        {"files": {"query": SET}},
        {"content": f'{{"query": "{SET}"}}', "headers": {"Content-Type": "text/plain"}},
        {"json": [{"query": SET}]},
        {"json": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}},
    ],
)
def test_what_dagster_cannot_read_changes_nothing(web: Guarded, request_: dict[str, Any]) -> None:
    pools = web.pools()
    assert httpx.post(f"{web.url}/graphql", **request_).status_code in (400, 405, 500)
    assert web.pools() == pools


def test_a_web_socket_is_for_our_own_pages_and_for_scripts(web: Guarded) -> None:
    address = f"{web.url.replace('http', 'ws')}/graphql"
    for origin in (None, f"http://127.0.0.1:{web.port}"):
        with connect(address, origin=origin, subprotocols=["graphql-ws"]) as socket:  # type: ignore[arg-type,list-item]
            socket.send('{"type": "connection_init"}')
            assert "connection_ack" in str(socket.recv())
    before = len(web.refusals())
    with pytest.raises(InvalidStatus, match="403"):
        connect(address, origin=ELSEWHERE)  # type: ignore[arg-type]
    (told,) = web.refusals()[before:]
    assert told.startswith("web socket /under/here/graphql: ")
    with pytest.raises(InvalidStatus, match="400"), create_connection(("127.0.0.1", web.port)) as sock:
        connect("ws://stranger.example/under/here/graphql", sock=sock)


def test_a_web_socket_changes_nothing(web: Guarded) -> None:
    pools = web.pools()
    with connect(f"{web.url.replace('http', 'ws')}/graphql", subprotocols=["graphql-ws"]) as socket:  # type: ignore[list-item]
        query = SET.replace('"', '\\"')
        socket.send(f'{{"type": "start", "id": "1", "payload": {{"query": "{query}"}}}}')
        assert '"error"' in str(socket.recv())
    assert web.pools() == pools


def test_no_foreign_page_may_put_an_answer_into_a_frame(web: Guarded) -> None:
    for path in ("/", "/server_info", "/favicon.png", "/nowhere"):
        headers = httpx.get(f"{web.url}{path}").headers
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in headers.get_list("content-security-policy")
    assert "script-src" in httpx.get(f"{web.url}/").headers["content-security-policy"]


def test_a_refusal_is_one_line_without_the_query_and_without_signs_that_cannot_be_printed(web: Guarded) -> None:
    before = len(web.refusals())
    httpx.get(
        f"{web.url}/a%0Ab%1B%5B31m?token=SECRET",
        headers={"Origin": "http://" + "x" * 5_000},
    )
    (told,) = web.refusals()[before:]
    assert told.isprintable()
    assert "SECRET" not in told
    assert "\\x1b" in told
    assert len(told) < 1_000
