"""`dagster-webserver` with all its options, behind the guard.

python -m prescient_dagster.web --port 3000 --workspace workspace.yaml
"""

from dagster_webserver import app, cli

from prescient_dagster.web.app import PrescientWebserver


def main() -> None:
    """Be `dagster-webserver`, but that the server it makes is ours."""
    vars(app)["DagsterWebserver"] = PrescientWebserver
    cli.cli(auto_envvar_prefix="DAGSTER_WEBSERVER")


if __name__ == "__main__":
    main()
