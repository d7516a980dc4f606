"""The environment as one typed object. Nothing else reads environment variables."""

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.domain.watch.channels import channels
from prescient_dagster.store.market.capture_folders import CaptureFolder, is_address, known, opened

LOG = "log"
"""The alert channel that is no URL."""


HOST_NAME = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")


class VenueName(StrEnum):
    """The venues there are."""

    SIMULATED = "simulated"
    POLYMARKET = "polymarket"
    RECORDED = "recorded"


def _known_venue(text: str) -> str:
    name, _, folder = text.partition(":")
    if name not in set(VenueName) or (name == VenueName.RECORDED) != bool(folder):
        raise ValueError("use simulated, polymarket or recorded:DIR")
    if is_address(folder):
        raise ValueError("use recorded: and a folder of this machine")
    return text


def _known_channel(text: str) -> str:
    if text not in ("", LOG) and not text.startswith(("http://", "https://")):
        raise ValueError("use the URL of a webhook, http:// or https://, or log")
    return text


def _known_notices(text: str) -> str:
    try:
        channels(text)
    except InvalidInput as error:
        raise ValueError(str(error)) from None
    return text


def _known_forecasts(text: str) -> str:
    if text.startswith(("http://", "https://")) or not text:
        return text
    if "://" in text:
        raise ValueError("use a folder, or an address that begins with http:// or https://")
    return str(_absolute(Path(text)))


def _host_names(text: str) -> str:
    names = [name.strip() for name in text.lower().split(",") if name.strip()]
    if not all(HOST_NAME.fullmatch(name) for name in names):
        raise ValueError("use names as prescient.example.org or prescient.example.org:8443, with commas between")
    return ",".join(names)


def _absolute(path: Path) -> Path:
    if is_address(str(path)):
        raise ValueError("use a folder of this machine: captures alone can be kept elsewhere, by PRESCIENT_CAPTURES")
    return path.expanduser().absolute()


def _folders(text: str) -> str:
    """Folders from any folder's point of view, each once."""
    named = [str(_absolute(Path(name.strip()))) for name in text.split(os.pathsep) if name.strip()]
    return os.pathsep.join(dict.fromkeys(named))


class Settings(BaseSettings):
    """Prescient's settings, from `PRESCIENT_*` environment variables or `.env`."""

    model_config = SettingsConfigDict(env_prefix="PRESCIENT_", env_file=".env", extra="ignore", frozen=True)

    home: Annotated[Path, AfterValidator(_absolute)] = Field(
        Path(".prescient"), description="folder of the embedded database, captures and Dagster's files"
    )
    database_url: str = Field("", description="PostgreSQL URL; empty: the embedded server in PRESCIENT_HOME")
    venue: Annotated[str, AfterValidator(_known_venue)] = Field(
        "simulated", description="simulated, polymarket or recorded:DIR"
    )
    captures: Annotated[str, AfterValidator(known)] = Field(
        "",
        description="folder of the capture files, or an address like s3://BUCKET/PATH; unset: $PRESCIENT_HOME/captures",
    )
    pages: Annotated[Path, AfterValidator(_absolute)] | None = Field(
        None, description="folder of the page of all portfolios; unset: $PRESCIENT_HOME/pages"
    )
    strategies: Annotated[str, AfterValidator(_folders)] = Field(
        "", description="folders with strategies of your own, with : between"
    )
    forecasts: Annotated[str, AfterValidator(_known_forecasts)] = Field(
        "",
        description="where forecasts are read: a folder of CSV and Parquet files, or an address; "
        "empty: $PRESCIENT_HOME/forecasts, if it is there",
    )
    gamma_url: str = Field("https://gamma-api.polymarket.com", description="Polymarket's listing service")
    clob_url: str = Field("https://clob.polymarket.com", description="Polymarket's order books")
    simulation_seed: int = Field(7, description="seed of the simulated venue")
    simulation_events: int = Field(60, ge=1, le=20_000, description="events the simulated venue lists")
    simulation_speed: float = Field(60, gt=0, description="simulated seconds per real second")
    market_data_cron: str = Field(
        "", description="when captures are taken; empty: every 5 minutes, simulated every minute"
    )
    strategy_cron: str = Field("* * * * *", description="when strategies look for a new capture")
    performance_cron: str = Field(
        "", description="when performance is worked out; empty: every 15 minutes, in the first hour after each round"
    )
    portfolios_per_run: int = Field(
        1000, ge=1, description="portfolios of a strategy that one run trades; more of them are split into shards"
    )
    status_cron: str = Field("*/5 * * * *", description="when the status of everything is taken down")
    drift_cron: str = Field("0 5 * * 0", description="when what portfolios decided is decided again")
    forecasts_cron: str = Field("*/5 * * * *", description="when the address of forecasts is asked")
    checks_cron: str = Field("*/10 * * * *", description="when the checks run that need no run of their asset")
    stale_minutes: float = Field(
        10, gt=0, description="age in minutes from which market data is stale; at least twice the time between captures"
    )
    notices: Annotated[str, AfterValidator(_known_notices)] = Field(
        "", description="where notices go: addresses that apprise knows, SLUG=ADDRESS for one portfolio; empty: nowhere"
    )
    alert_webhook: Annotated[str, AfterValidator(_known_channel)] = Field(
        "", description="where alerts go: the URL of a webhook, or log; empty: nowhere"
    )
    retention_captures_days: int = Field(
        14, ge=1, description="days for which captures are kept on which nothing was traded"
    )
    retention_marks_days: int = Field(400, ge=1, description="days for which hourly prices are kept")
    retention_runs_days: int = Field(7, ge=1, description="days for which Dagster's runs are kept")
    retention_cron: str = Field("30 4 * * *", description="when what is older is removed")
    hosts: Annotated[str, AfterValidator(_host_names)] = Field(
        "", description="names under which a proxy serves the UI, with commas between; this machine's own always count"
    )
    strict: bool = Field(False, description="1: a strategy that does not load is fatal")

    @property
    def venue_parameters(self) -> dict[str, float]:
        """What of a venue can never change in a home: a simulation's seed, events and speed."""
        if self.venue_name is not VenueName.SIMULATED:
            return {}
        return {"seed": self.simulation_seed, "events": self.simulation_events, "speed": self.simulation_speed}

    @property
    def captures_folder(self) -> CaptureFolder:
        """Where the capture files lie.

        Raises:
            InvalidInput: the package that reaches the object store is not installed.
        """
        return opened(self.captures) if self.captures else self.home / "captures"

    @property
    def pages_folder(self) -> Path:
        """Where the page of all portfolios lies."""
        return self.pages or self.home / "pages"

    @property
    def forecasts_place(self) -> str:
        """The folder or address of forecasts; empty: there is none."""
        folder = self.home / "forecasts"
        return self.forecasts or (str(folder) if folder.is_dir() else "")

    @property
    def own_strategies(self) -> tuple[str, ...]:
        """The folders with strategies of one's own, whether they are there or not."""
        return tuple(self.strategies.split(os.pathsep)) if self.strategies else ()

    @property
    def host_names(self) -> tuple[str, ...]:
        """The names under which a proxy serves the UI."""
        return tuple(self.hosts.split(",")) if self.hosts else ()

    @property
    def venue_name(self) -> VenueName:
        """The venue without its folder."""
        return VenueName(self.venue.partition(":")[0])

    @property
    def recordings(self) -> Path:
        """The folder of a recorded venue."""
        return _absolute(Path(self.venue.partition(":")[2]))

    @property
    def capture_schedule(self) -> str:
        """The cron of the market data schedule."""
        default = "* * * * *" if self.venue_name is VenueName.SIMULATED else "*/5 * * * *"
        return self.market_data_cron or default


FOR_THE_PLATFORM = frozenset({"PRESCIENT_ALERT_WEBHOOK", "PRESCIENT_NOTICES"})
"""Secrets that the platform's code server needs and nobody else. All need the database, and so its address."""


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for who needs none of them."""
    return {name: value for name, value in environment.items() if name not in FOR_THE_PLATFORM}


def keep_from_runs() -> None:
    """Take the platform's secrets out of this process's environment, once they are read: runs inherit that."""
    for name in FOR_THE_PLATFORM:
        os.environ.pop(name, None)


def load_settings() -> Settings:
    """The settings of this process.

    Raises:
        InvalidInput: a variable that cannot be read, named with the reason.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "PRESCIENT_" + "_".join(str(part) for part in first["loc"]).upper()
        raise InvalidInput(f"{name}: {first['msg']}") from error
