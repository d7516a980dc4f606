"""A page of another origin on this machine, which tries all that a page can: harmless things, each in its own way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TRIES = """
const launch = `mutation { launchRun(executionParams: {selector: {repositoryLocationName: "prescient_dagster",
  repositoryName: "__repository__", jobName: "status_job"}}) { __typename } }`;
const ask = "query { instance { id } }";
const sent = JSON.stringify({query: launch});

function loaded(element) {
  return new Promise(done => {
    element.onload = () => done(true);
    element.onerror = () => done(false);
    document.body.append(element);
  });
}

async function element(tag, attribute, address) {
  const made = document.createElement(tag);
  made[attribute] = address;
  return await loaded(made) ? `a ${tag}` : "";
}

async function frame(address) {
  const made = document.createElement("iframe");
  made.name = "frame" + document.querySelectorAll("iframe").length;
  if (address) made.src = address;
  const done = loaded(made);
  return {made, done, seen: () => made.contentDocument?.body?.innerText ?? ""};
}

async function form(target, enctype) {
  const {made, done, seen} = await frame("");
  await done;
  const again = new Promise(resolve => { made.onload = resolve; });
  const sender = document.createElement("form");
  Object.assign(sender, {method: "post", enctype, target: made.name, action: target + in_address(launch)});
  sender.innerHTML = "<input name=query>";
  sender.firstChild.value = launch;
  document.body.append(sender);
  sender.submit();
  await again;
  return seen();
}

async function asked(address, options) {
  try { return await (await fetch(address, {credentials: "include", ...options})).text(); } catch { return ""; }
}

function socket(target) {
  return new Promise(done => {
    const made = new WebSocket(target.replace("http", "ws") + "/graphql", "graphql-ws");
    made.onopen = () => made.send('{"type": "connection_init"}');
    made.onmessage = message => done(message.data);
    made.onerror = made.onclose = () => done("");
  });
}

const in_address = query => "/graphql?query=" + encodeURIComponent(query);
const JSON_TYPE = {"Content-Type": "application/json"};
const tries = {
  "a form": target => form(target, "application/x-www-form-urlencoded"),
  "a form of parts": target => form(target, "multipart/form-data"),
  "a form of text": target => form(target, "text/plain"),
  "a picture that launches": target => element("img", "src", target + in_address(launch)),
  "a picture": target => element("img", "src", target + "/favicon.png?not-kept"),
  "a script": target => element("script", "src", target + "/server_info"),
  "a fetch without CORS": target => asked(target + "/graphql", {method: "POST", mode: "no-cors", body: sent}),
  "a fetch of an address without CORS": target => asked(target + in_address(launch), {mode: "no-cors"}),
  "a fetch with CORS": target => asked(target + in_address(ask), {}),
  "a fetch of JSON": target => asked(target + "/graphql", {method: "POST", headers: JSON_TYPE, body: sent}),
  "a beacon": target => { navigator.sendBeacon(target + in_address(launch), sent); return ""; },
  "a frame": async target => { const {done, seen} = await frame(target + "/runs"); await done; return seen(); },
  "a web socket": socket,
};

async function everything(target) {
  const seen = {};
  for (const [name, attempt] of Object.entries(tries)) seen[name] = await attempt(target);
  return seen;
}
"""
PAGE = f"<!doctype html><title>elsewhere</title><body><a>there</a><script>{TRIES}</script>"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE.encode() if self.path == "/" else b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the class above calls it
        pass


@contextmanager
def elsewhere() -> Iterator[str]:
    """The address of the page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
