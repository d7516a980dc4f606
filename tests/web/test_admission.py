"""Who is let in: scripts and our own pages, by the names we are known under; nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from prescient_dagster.web.admission import Hosts, Refusal, judge, judge_operation

HERE = Hosts()
PUBLIC = Hosts(["trade.example.org", "other.example.org:8443"])
NAVIGATES = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
READS, CHANGES = "query { version }", "mutation { wipe }"


def asked(host: str, **more: str) -> Headers:
    return Headers({"host": host, **{name.replace("_", "-"): value for name, value in more.items()}})


@pytest.mark.parametrize(
    "headers",
    [
        asked("127.0.0.1:3000"),
        asked("LOCALHOST:3000"),
        asked("[::1]:3000"),
        asked("127.0.0.1:3000", origin="http://127.0.0.1:3000"),
        asked("127.0.0.1:3000", origin="http://127.0.0.1:3000", sec_fetch_site="same-origin"),
        asked("localhost", origin="http://localhost:80"),
        asked("127.0.0.1:3000", sec_fetch_site="none"),
    ],
)
def test_scripts_of_this_machine_and_our_own_pages_are_let_in(headers: Headers) -> None:
    assert judge(headers, "POST", HERE) is None
    assert judge(headers, "", HERE) is None


@pytest.mark.parametrize(
    "headers",
    [
        asked("trade.example.org", origin="https://trade.example.org", x_forwarded_proto="https"),
        asked("trade.example.org:9443", origin="https://trade.example.org:9443"),
        asked("127.0.0.1:3000", origin="https://trade.example.org"),
        asked("127.0.0.1:3000", origin="https://other.example.org:8443", x_forwarded_proto="https"),
    ],
)
def test_behind_a_proxy_the_public_names_are_ours_whether_it_renames_the_host_or_not(headers: Headers) -> None:
    assert judge(headers, "POST", PUBLIC) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "stranger.example",
        "127.0.0.1.stranger.example",
        "0.0.0.0:3000",
        "localhost:3000@stranger.example",
        "localhost/",
        "localhost:",
        "trade.example.org.",
        "xtrade.example.org",
        "[::1",
        "127.0.0.1:3000, x",
        " localhost",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", ""])
def test_a_foreign_host_is_not_served(host: str, method: str) -> None:
    assert judge(asked(host, **NAVIGATES), method, PUBLIC) is Refusal.UNKNOWN_HOST


def test_a_request_without_a_host_or_with_two_is_not_served() -> None:
    assert judge(Headers({}), "GET", HERE) is Refusal.UNKNOWN_HOST
    twice = Headers(raw=[(b"host", b"localhost"), (b"host", b"stranger.example")])
    assert judge(twice, "GET", HERE) is Refusal.UNKNOWN_HOST


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://stranger.example",
        "http://127.0.0.1:3001",
        "http://127.0.0.1",
        "https://localhost:3000",
        "ftp://127.0.0.1:3000",
        "http://127.0.0.1:3000.stranger.example",
        "http://x@127.0.0.1:3000",
        "127.0.0.1:3000",
        "http://trade.example.org",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", ""])
def test_a_page_of_another_origin_is_refused_also_one_on_another_port_of_this_machine(origin: str, method: str) -> None:
    headers = asked("127.0.0.1:3000", origin=origin, x_forwarded_proto="")
    assert judge(headers, method, HERE) is Refusal.FOREIGN_PAGE


def test_of_two_origins_both_must_be_ours() -> None:
    ours, foreign = (b"origin", b"http://localhost"), (b"origin", b"http://stranger.example")
    assert judge(Headers(raw=[(b"host", b"localhost"), ours, foreign]), "POST", HERE) is Refusal.FOREIGN_PAGE


def test_the_public_name_without_tls_is_another_origin_than_with_it() -> None:
    headers = asked("trade.example.org", origin="http://trade.example.org", x_forwarded_proto="https")
    assert judge(headers, "POST", PUBLIC) is Refusal.FOREIGN_PAGE


@pytest.mark.parametrize("site", ["cross-site", "same-site", "something-new"])
def test_from_elsewhere_a_link_may_be_followed_and_nothing_else_be_done(site: str) -> None:
    link = asked("localhost:3000", sec_fetch_site=site, **NAVIGATES)
    assert judge(link, "GET", HERE) is None
    for method in ("POST", "HEAD", "OPTIONS", ""):
        assert judge(link, method, HERE) is Refusal.FOREIGN_PAGE
    for dest in ("iframe", "frame", "embed", "object", "image", "script", "empty"):
        other = Headers(dict(link) | {"sec-fetch-dest": dest})
        assert judge(other, "GET", HERE) is Refusal.FOREIGN_PAGE
    for mode in ("cors", "no-cors", "websocket"):
        other = Headers(dict(link) | {"sec-fetch-mode": mode})
        assert judge(other, "GET", HERE) is Refusal.FOREIGN_PAGE


NAMES = st.text("abcxyz0123456789.-:[]@/ ", max_size=30)


@given(origin=NAMES, host=NAMES, scheme=st.sampled_from(["http://", "https://", "", "null"]))
def test_whatever_an_origin_looks_like_it_is_ours_only_if_it_is_where_the_request_goes(
    origin: str, host: str, scheme: str
) -> None:
    given_origin = f"{scheme}{origin}"
    if judge(asked(host, origin=given_origin), "POST", HERE) is None:
        default = {"http://": ":80", "https://": ":443"}[scheme]
        assert origin.removesuffix(default) == host.removesuffix(default)
        assert host.partition(":")[0] in ("localhost", "127.0.0.1", "[")


@pytest.mark.parametrize(
    ("query", "method", "media_type", "passes"),
    [
        (CHANGES, "POST", "application/json", True),
        (CHANGES, "POST", "Application/JSON; charset=utf-8", True),
        (CHANGES, "GET", "", False),
        (CHANGES, "GET", "application/json", False),
        (CHANGES, "POST", "", False),
        (CHANGES, "POST", "text/plain", False),
        (CHANGES, "POST", "text/plain; x=application/json", False),
        (CHANGES, "POST", "application/x-www-form-urlencoded", False),
        (CHANGES, "POST", "multipart/form-data; boundary=application/json", False),
        (CHANGES, "POST", "application/graphql", False),
        (f"{READS.replace('query', 'query a')} {CHANGES}", "GET", "", False),
        ("# query\nmutation m { wipe } query q { version }", "GET", "", False),
        ("subscription { events }", "GET", "", False),
        (READS, "GET", "", True),
        ("{ version }", "POST", "application/graphql", True),
        ('query { name(of: "mutation { wipe }") }', "GET", "", True),
        ("mutation {", "GET", "", True),  # it cannot be read: nothing is carried out
    ],
)
def test_what_changes_something_comes_as_json_by_post(query: str, method: str, media_type: str, passes: bool) -> None:
    refusal = judge_operation(query, asked("localhost", content_type=media_type), method)
    assert refusal is (None if passes else Refusal.UNSAFE_CHANGE)
