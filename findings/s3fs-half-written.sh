#!/usr/bin/env bash
# s3fs 2026.9.0 (against moto 5.2.5): an error in the middle of a `with` block puts the half that was written under the
# final name, over a whole file if there was one.
#
# Expected: an object store has no half files: an upload is complete or it is not there, and who leaves a `with` block
# by an exception has not completed it. So writers to S3 do without the temporary name and the renaming of local disks.
# Seen: leaving the block closes the file, and closing is what uploads. Lines (JSON, CSV) are readable up to where the
# source broke off, so nothing downstream notices: 4 of 10 markets are the capture, and yesterday's whole file is gone.
# Inside `with fs.transaction:` nothing is put.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check s3fs==2026.9.0 'moto[server]==5.2.5'
export AWS_ACCESS_KEY_ID=desk AWS_SECRET_ACCESS_KEY=desk AWS_DEFAULT_REGION=us-east-1
"$work/venv/bin/python" -W ignore - 2> /dev/null <<'PY'
import json
import sys

import s3fs
from moto.server import ThreadedMotoServer

MARKETS = 10


def lines(breaks_at: int | None = None):
    """A listing of markets, from a venue that hangs up before this one."""
    for number in range(MARKETS):
        if number == breaks_at:
            raise ConnectionError("the venue hung up")
        yield json.dumps({"market": f"quay-{number}", "bid": 0.40, "ask": 0.42}) + "\n"


def write_or_raise(name: str) -> None:
    with fs.open(name, "w") as file:
        file.writelines(lines(breaks_at=4))


def write(name: str) -> None:
    try:
        write_or_raise(name)
    except ConnectionError as error:
        print(f"{name}: {error};", end=" ")


def kept(name: str) -> int:
    rows = fs.cat_file(name).count(b"\n") if fs.exists(name) else 0
    print(f"{rows} of {MARKETS} markets under the name")
    return rows


server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
fs = s3fs.S3FileSystem(endpoint_url="http://{}:{}".format(*server.get_host_and_port()), use_listings_cache=False)
fs.mkdir("captures")
write("captures/new.jsonl")
seen = [kept("captures/new.jsonl")]
fs.pipe_file("captures/whole.jsonl", "".join(lines()).encode())
write("captures/whole.jsonl")
seen.append(kept("captures/whole.jsonl"))
try:
    with fs.transaction:
        write_or_raise("captures/guarded.jsonl")
except ConnectionError as error:
    print(f"in a transaction: {error};", end=" ")
seen.append(kept("captures/guarded.jsonl"))
server.stop()
if seen != [4, 4, 0]:
    print("changed: see above")
    sys.exit(1)
PY
