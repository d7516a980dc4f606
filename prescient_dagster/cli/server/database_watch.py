"""The database under `prescient dev`, looked after while everything runs on it."""

from dataclasses import dataclass

from prescient_dagster.cli.terminal import output
from prescient_dagster.domain.errors import DatabaseUnavailable, StoreError
from prescient_dagster.settings import Settings
from prescient_dagster.store.database import Database
from prescient_dagster.store.server import postgres


@dataclass
class DatabaseWatch:
    """An embedded server that has died is started again; one of somebody else's is waited for. Both are told."""

    settings: Settings
    database: Database
    answered: bool = True

    def look(self) -> None:
        """See whether it is there, and see to it.

        Raises:
            StoreError: the embedded server does not start again.
        """
        if self.settings.database_url:
            self._tell(self._answers())
        elif not postgres.is_running(self.settings.home):
            postgres.start(self.settings.home)
            output.say("the database server had died: it has been started again")

    def _answers(self) -> bool:
        try:
            self.database.require_newest()
        except DatabaseUnavailable:
            return False
        except StoreError:  # it answers; whoever needs it is told what is wrong with it
            return True
        return True

    def _tell(self, answers: bool) -> None:
        if answers != self.answered:
            output.say("the database answers again" if answers else "the database does not answer: waiting for it")
        self.answered = answers
