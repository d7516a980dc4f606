"""The strategies, one file each, and their Dagster code location; those of one's own folders are modules of it, too.

They are so for whoever imports one by its name: a process of a sweep that is handed a config does nothing else.
"""

from prescient_dagster.settings import load_settings

__path__ += load_settings().own_strategies
