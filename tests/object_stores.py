"""A real server of an object store on this machine, and buckets in it."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from upath import UPath

from tests.processes import free_port, wait_for

KEYS = {"AWS_ACCESS_KEY_ID": "owner", "AWS_SECRET_ACCESS_KEY": "very-secret", "AWS_DEFAULT_REGION": "us-east-1"}
EVERYTHING = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": %s, "Resource": "*"}]}'
ASKED_FREELY = 1_000_000_000
"""So many requests are answered without a look at their keys."""


@dataclass(frozen=True)
class ObjectStore:
    """The server. All that it knows of keys is for the whole of it."""

    url: str

    def environment(self) -> dict[str, str]:
        """What a process needs to reach it."""
        return {**KEYS, "AWS_ENDPOINT_URL": self.url}

    def client(self, service: str, **keys: str) -> Any:
        import boto3

        given = {"aws_access_key_id": KEYS["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": "very-secret", **keys}
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", **given)

    def bucket(self) -> UPath:
        """A place in a new bucket, which holds nothing else."""
        name = f"prescient-{uuid.uuid4().hex[:12]}"
        self.client("s3").create_bucket(Bucket=name)
        return UPath(f"s3://{name}/kept")

    @contextmanager
    def keys_that_may(self, *actions: str) -> Iterator[dict[str, str]]:
        """Keys of somebody who may do this and nothing else; until the end of the block the server looks at keys."""
        name = f"user-{uuid.uuid4().hex[:12]}"
        iam = self.client("iam")
        iam.create_user(UserName=name)
        made = iam.create_access_key(UserName=name)["AccessKey"]
        allowed = EVERYTHING % str(list(actions)).replace("'", '"')
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=allowed)
        self._look_at_keys_after(0)
        try:
            yield {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
        finally:
            self._look_at_keys_after(ASKED_FREELY)

    def _look_at_keys_after(self, requests: int) -> None:
        httpx.post(f"{self.url}/moto-api/reset-auth", content=str(requests)).raise_for_status()


@contextmanager
def served(log: Path) -> Iterator[ObjectStore]:
    """The server; it ends with the block."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with log.open("w") as stream:
        process = subprocess.Popen(command, env=inherited, stdout=stream, stderr=stream)
        try:
            wait_for("the object store", lambda: process.poll() is not None or "Running on" in log.read_text())
            assert process.poll() is None, log.read_text()
            yield ObjectStore(f"http://127.0.0.1:{port}")
        finally:
            process.kill()
            process.wait()


def forget_connections() -> None:
    """Let the next address be opened with the keys that are in the environment then."""
    from s3fs import S3FileSystem

    S3FileSystem.clear_instance_cache()
