"""The code servers of `dagster dev`, as processes.

Each code location has two: a `dagster code-server`, which `dagster dev` starts again where it dies, and the child to
which that hands everything. Nobody starts the child again: until the location is reloaded, it cannot be reached.
"""

import time

import psutil

SERVER = "code-server"
CHILD = "grpc"
LOCATION = "--location-name"
START_SECONDS = 30
"""A server that has just been started has no child yet."""


def lost(dagster_dev: int) -> list[str]:
    """The code locations whose server has lost its child, below the process of `dagster dev`."""
    servers = [(server, _command(server)) for server in _children(dagster_dev)]
    return [
        command[command.index(LOCATION) + 1]
        for server, command in servers
        if SERVER in command and LOCATION in command and _has_started(server) and not _serves(server)
    ]


def _has_started(server: psutil.Process) -> bool:
    return time.time() - server.create_time() > START_SECONDS


def _serves(server: psutil.Process) -> bool:
    return any(CHILD in _command(child) for child in _children(server.pid))


def _children(process: int) -> list[psutil.Process]:
    try:
        return psutil.Process(process).children()
    except psutil.NoSuchProcess:
        return []


def _command(process: psutil.Process) -> list[str]:
    """Its words; none of one that has ended, be it not yet reaped."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # ZombieProcess is one
        return []
