"""Who may ask the web server for something: known hosts, our own pages, scripts of this machine.

A browser says in a request's headers which page it is made for, and no page can forge them. A script has no page and
says nothing: it acts for whoever started it.
"""

from collections.abc import Iterable
from enum import Enum

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.datastructures import Headers

from prescient_dagster.settings import HOST_NAME

THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "[::1]"})
DEFAULT_PORTS = {"http": "80", "https": "443"}
OURSELVES = frozenset({"same-origin", "none"})  # none: typed in, or a bookmark
PLAIN_NAVIGATION = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


class Refusal(Enum):
    """Why a request is refused: the status of the answer, and its words."""

    UNKNOWN_HOST = (400, "unknown host; PRESCIENT_HOSTS names those that are served")
    FOREIGN_PAGE = (403, "asked for by a page of another origin")
    UNSAFE_CHANGE = (405, "changes are made by POST with application/json")

    def __init__(self, status: int, words: str) -> None:
        self.status, self.words = status, words


class Hosts:
    """Under which names we are asked for: this machine's own, and those of `PRESCIENT_HOSTS`."""

    def __init__(self, public: Iterable[str] = ()) -> None:
        self.public = frozenset(public)
        self.names = THIS_MACHINE | {_name(place) for place in self.public}

    def serve(self, host: str) -> bool:
        """Whether a `Host` names us; whatever the port, since a proxy has its own."""
        return _name(host.lower()) in self.names

    def own(self, origin: str, host: str, scheme: str) -> bool:
        """Whether an `Origin` is ours: where the request goes, or behind a proxy that renames hosts, a public one.

        `scheme` is what the proxy was asked by; empty: no proxy tells.
        """
        asking, _, place = origin.lower().partition("://")
        if asking not in DEFAULT_PORTS or (scheme and asking != scheme.lower()):
            return False
        ours = {_at(known, asking) for known in (host.lower(), *self.public)}
        return HOST_NAME.fullmatch(place) is not None and _at(place, asking) in ours


def _name(place: str) -> str:
    found = HOST_NAME.fullmatch(place)
    return found["name"] if found else ""


def _at(place: str, scheme: str) -> tuple[str, str]:
    found = HOST_NAME.fullmatch(place)
    return (found["name"], found["port"] or DEFAULT_PORTS[scheme]) if found else ("", "")


def judge(headers: Headers, method: str, hosts: Hosts) -> Refusal | None:
    """Why a request is refused, or None. The method of a web socket is empty."""
    asked_as = headers.getlist("host")
    if len(asked_as) != 1 or not hosts.serve(asked_as[0]):
        return Refusal.UNKNOWN_HOST
    scheme = headers.get("x-forwarded-proto", "").partition(",")[0].strip()
    if not all(hosts.own(origin, asked_as[0], scheme) for origin in headers.getlist("origin")):
        return Refusal.FOREIGN_PAGE
    if OURSELVES.issuperset(headers.getlist("sec-fetch-site")) or _is_plain_navigation(headers, method):
        return None
    return Refusal.FOREIGN_PAGE


def _is_plain_navigation(headers: Headers, method: str) -> bool:
    """Whether somebody follows a link to us from elsewhere: a page of its own, in no frame."""
    return method == "GET" and all(headers.getlist(name) == [value] for name, value in PLAIN_NAVIGATION.items())


def judge_operation(query: str, headers: Headers, method: str) -> Refusal | None:
    """Why a GraphQL document is not carried out, or None.

    Any page may make a browser send a form or plain text; for JSON it must ask before, and is refused.
    """
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if (method, media_type) == ("POST", "application/json"):
        return None
    return Refusal.UNSAFE_CHANGE if _changes_something(query) else None


def _changes_something(query: str) -> bool:
    """Whether any operation of a document does, also one that is not the first. What cannot be read does nothing."""
    try:
        definitions = parse(query).definitions
    except GraphQLError:
        return False
    operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
    return any(each.operation is not OperationType.QUERY for each in operations)
