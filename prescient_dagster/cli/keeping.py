"""`prescient backup`, `restore` and `export`: all that a home knows, in one folder; back; for other programs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output, transfer
from prescient_dagster.cli.terminal.options import AsJson
from prescient_dagster.store.backup.manifest import Manifest
from prescient_dagster.store.tables_out import Format
from prescient_dagster.store.versions import UPGRADE, known
from prescient_dagster.usecases.keeping import back_up
from prescient_dagster.usecases.keeping.export import export as exported
from prescient_dagster.usecases.keeping.restore import RestoreTarget
from prescient_dagster.usecases.keeping.restore import restore as restored

To = Annotated[Path, typer.Argument(metavar="PATH", help="The folder to make. It must not be there yet.")]
From = Annotated[Path, typer.Argument(metavar="PATH", help="The folder that `prescient backup` made.")]
Exported = Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make. It must not be there yet.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Write CSV instead of Parquet.")]


def backup(path: To, as_json: AsJson = False) -> None:
    """Write a backup of this home into a new folder: the database of one moment, and every capture it names.

    All may go on meanwhile. The folder gets its name when it is complete and on the disk: what has that name is whole.
    It is for you alone, as the books are. Settings, `.env` and logs are not in it.

    Example:  prescient backup /backups/prescient-monday
    """
    settings = home.read_settings()
    with transfer.shown() as watch:
        made = back_up.back_up(home.reach_database(settings), settings.captures_folder, path.absolute(), watch)
    for capture, why in made.absent.items():
        output.say(f"warning: capture {capture} is not in it, since it was damaged before: {why}")
    _print(path, made, as_json=as_json)


def restore(path: From, as_json: AsJson = False) -> None:
    """Make a new home of a backup, here or on another machine.

    PRESCIENT_HOME names a home that is empty or not there; with PRESCIENT_DATABASE_URL, an empty database of your own.
    All checksums are looked at before anything is written.

    Example:  PRESCIENT_HOME=.prescient-again prescient restore /backups/prescient-monday
    """
    settings = home.read_settings()
    place = RestoreTarget(
        settings.home,
        settings.captures_folder,
        lambda: home.database_to_fill(settings),
        owned=not settings.database_url,
    )
    with transfer.shown() as watch:
        made = restored(path.absolute(), place, watch)
    _print(path, made, as_json=as_json)
    if made.version != known()[-1]:
        output.say(f"its tables are of version {made.version}: {UPGRADE}")


def export(path: Exported, as_csv: AsCsv = False, as_json: AsJson = False) -> None:
    """Write all tables for other programs into a new folder: what portfolios wished, did, own, were worth and gained.

    Parquet by default, in which amounts are exact decimals and ids are texts. `columns.json` names the type of every
    column, which a reader of CSV needs. All of it is of one moment.

    Example:  prescient export tables --csv
    """
    form = Format.CSV if as_csv else Format.PARQUET
    with transfer.shown("rows") as watch:
        counts = exported(home.open_database(home.read_settings()), path.absolute(), form, watch)
    if as_json:
        output.print_json(counts)
    else:
        output.print_table(
            [{"table": f"{name}.{form}", "rows": rows} for name, rows in counts.items()], ("table", "rows")
        )


def _print(path: Path, made: Manifest, *, as_json: bool) -> None:
    document: dict[str, Any] = {
        "backup": str(path),
        "made_at": made.made_at,
        "venue": made.venue,
        "portfolios": made.portfolios,
        "captures": made.captures,
        "absent": len(made.absent),
        "files": len(made.files),
        "bytes": made.size,
        "version": made.version,
    }
    output.print_json(document) if as_json else output.print_record(document)
