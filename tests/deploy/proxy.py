"""The proxy of `deploy/` on this machine: its Caddyfile, on other ports, before other servers."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.deploy.topology import DEPLOY
from tests.processes import free_port, wait_for

OPERATOR, VIEWER = ("anna", "an operator's word"), ("ben", "a viewer's word")


@dataclass(frozen=True)
class Proxy:
    """Where it listens: on TLS, and without."""

    url: str
    plain_url: str

    def answers(self) -> bool:
        try:
            return httpx.get(self.url, verify=False).status_code == 401
        except httpx.TransportError:
            return False


def caddy() -> str:
    """Debian's Caddy."""
    found = shutil.which("caddy")
    if not found:
        lacking = "caddy is not here: apt-get install caddy"
        pytest.fail(lacking) if os.environ.get("CI") else pytest.skip(lacking)
    return str(found)


@contextmanager
def proxied(folder: Path, webserver: int, viewer: int) -> Iterator[Proxy]:
    """The proxy before the web servers on these ports; two users know their passwords."""
    secure, plain = free_port(), free_port()
    (folder / "Caddyfile").write_text(_caddyfile({"webserver": webserver, "viewer": viewer}, secure, plain))
    environment = {
        "PATH": os.environ["PATH"],
        **dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(folder)),
        "SITE": "localhost",
        "UI_USER": OPERATOR[0],
        "UI_PASSWORD_HASH": _hashed(OPERATOR[1]),
        "VIEWER_USER": VIEWER[0],
        "VIEWER_PASSWORD_HASH": _hashed(VIEWER[1]),
    }
    command = [caddy(), "run", "--config", "Caddyfile", "--adapter", "caddyfile"]
    with (folder / "proxy.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    proxy = Proxy(f"https://localhost:{secure}", f"http://localhost:{plain}")
    try:
        wait_for("the proxy", proxy.answers)
        yield proxy
    finally:
        process.terminate()
        process.wait(30)


def _hashed(password: str) -> str:
    told = subprocess.run([caddy(), "hash-password", "--plaintext", password], check=True, capture_output=True)
    return told.stdout.decode().strip()


def _caddyfile(servers: dict[str, int], secure: int, plain: int) -> str:
    """The one of `deploy/`, with this machine's ports.

    Before 2.8, Caddy wrote basic_auth as one word, and old ones do not know persist_config.
    """
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    ports = f"\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port {plain}\n\thttps_port {secure}\n"
    assert "\tadmin off\n" in text
    text = text.replace("\tadmin off\n", ports)
    for name, port in servers.items():
        text, count = re.subn(rf"\b{name}:3000\b", f"127.0.0.1:{port}", text)
        assert count == 1
    version = re.search(
        r"(\d+)\.(\d+)", subprocess.run([caddy(), "version"], capture_output=True, check=True, text=True).stdout
    )
    assert version is not None
    if (int(version[1]), int(version[2])) >= (2, 8):
        return text
    return re.sub(r"\tpersist_config off\n", "", text).replace("basic_auth", "basicauth")
