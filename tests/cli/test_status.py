"""The state of everything, for people and for monitors."""

import pytest

from tests.cli.commands import Prescient


def test_a_fresh_database_is_online_without_market_data(prescient: Prescient) -> None:
    done = prescient("status", "--json")
    assert (done.code, done.json["database"]["status"], done.json["market_data"]) == (0, "online", None)
    momentum = done.json["strategies"]["momentum"]
    assert momentum.pop("info")
    nothing = {"portfolios": 0, "failing": 0, "failures": {}, "last_cycle_at": None}
    assert momentum == {"status": "online", **nothing}


def test_a_capture_and_a_cycle_show(prescient: Prescient) -> None:
    prescient("capture")
    prescient("portfolio", "create", "bold", "--strategy", "momentum", "--balance", "1000")
    prescient("cycle", "bold")
    shown = prescient("status", "--json").json
    assert {"captured_at", "age_seconds", "events", "markets"} <= set(shown["market_data"])
    assert 0 <= shown["market_data"]["age_seconds"] < 120
    assert shown["strategies"]["momentum"]["last_cycle_at"] is not None
    assert "online" in prescient("status").out


def test_a_database_that_does_not_answer_is_offline_with_exit_code_1(
    bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", "postgresql://anna:secret@127.0.0.1:1/nowhere")
    done = bare_prescient("status", "--json")
    assert (done.code, done.json["database"]["status"], done.json["market_data"]) == (1, "offline", None)
    assert "no database answers" in done.json["database"]["error"]
    assert "secret" not in done.out
