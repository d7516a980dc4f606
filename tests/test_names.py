"""One meaning per name: no class of one layer is called like a class of another."""

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_no_name_gets_a_second_meaning() -> None:
    places: dict[str, list[Path]] = defaultdict(list)
    for room in ("prescient_dagster", "strategy_assets"):
        for path in (ROOT / room).rglob("*.py"):
            for name in re.findall(r"^class (\w+)", path.read_text("utf-8"), re.MULTILINE):
                places[name].append(path.relative_to(ROOT))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
