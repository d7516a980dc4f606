"""Arguments and options that several commands share."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document; everything else goes to stderr.")]
Name = Annotated[str, typer.Argument(metavar="SLUG", help="The portfolio's slug or number.")]
CaptureId = Annotated[
    int | None, typer.Option("--capture", metavar="ID", min=1, help="The capture's number. Without it: the newest.")
]
Search = Annotated[
    str, typer.Option(metavar="TEXT", help="Only those whose title, question, slug or id holds this text.")
]
Rows = Annotated[int, typer.Option("--rows", min=1, help="How many to show in the table; --json prints all.")]
ConfigText = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        metavar="JSON|@FILE|NAME=VALUE",
        help="Strategy settings: JSON, a file, or one setting; may be repeated. null: no bound.",
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show Dagster's log on stderr.")]
Title = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="What people call it.")]
Description = Annotated[str | None, typer.Option(metavar="TEXT", help="What it is meant to find out.")]
HalfSpread = Annotated[
    float, typer.Option(min=0, max=0.5, help="From the price to the bid and to the ask, USD per share.")
]
Replays = Annotated[
    list[int] | None,
    typer.Option("--replay", metavar="ID", min=1, help="A replay, by its number; more than one may be given."),
]
