"""The page of all portfolios as text: what it answers, what cannot get onto it, where it leads."""

import re
from datetime import timedelta

import pytest

from prescient_dagster.domain.figures.overview import Overview, Owned
from prescient_dagster.report import charts
from prescient_dagster.report.page import home_page
from tests.builders import NOON, D
from tests.report.overviews import a_busy_overview, a_position, an_overview
from tests.report.test_page import FORBIDDEN, HOSTILE, Elements, text
from tests.track_records import a_buy, a_history, a_payment, a_snapshot


def test_it_answers_first_whether_one_is_ahead() -> None:
    for equity, answer in ((1_020, "Ahead by 20.00 USD"), (980, "Behind by 20.00 USD"), (1_000, "Neither ahead nor")):
        told = text(home_page(an_overview([a_history([a_snapshot(0, equity)])])))
        assert answer in told


def test_what_happened_since_yesterday_is_told_and_what_was_before_is_not() -> None:
    trades = [a_buy(10, 0.4, day=0, market_id="1"), a_buy(10, 0.5, day=5, market_id="2")]
    trades.append(a_payment(10, 1, 4, day=6, market_id="1"))
    history = a_history([a_snapshot(day, 1_000 + day) for day in range(7)], trades)
    told = text(home_page(an_overview([history], [Owned(held=[a_position(0, "Will it rain?")])])))
    assert "Since 6 Mar 2026, 00:00 UTC of the venue’s clock: 1 bought, 1 settled; what left brought +6.00 USD" in told
    assert "+2.00USD, since 6 Mar 2026" in told
    assert "Will it rain?" in told
    assert "−5.00 USD against their cost" in told


def test_an_empty_home_says_what_to_do() -> None:
    told = text(home_page(Overview()))
    assert "prescient portfolio create first" in told
    assert "prescient status" in told
    assert "Since yesterday" not in told.partition("How to read this")[0]


def test_a_portfolio_that_was_never_valued_is_there() -> None:
    page = home_page(an_overview([a_history()]))
    assert "Neither ahead nor behind" in text(page)
    assert "nothing has been valued yet" in page


def test_problems_and_warnings_stand_above_the_figures() -> None:
    told = text(home_page(an_overview([a_history()], problems=["market data is old"], warnings=["momentum is late"])))
    assert told.index("momentum is late") < told.index("1 problem") < told.index("market data is old")
    assert told.index("market data is old") < told.index("Equity at the bid")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_strangers_write_is_text_and_nothing_else(hostile: str) -> None:
    harmless, page = (Elements(home_page(a_busy_overview(2, told))) for told in ("Rain?", hostile))
    assert [tag for tag, _ in page.found] == [tag for tag, _ in harmless.found]
    assert [attributes.keys() for _, attributes in page.found] == [each.keys() for _, each in harmless.found]
    assert page.text.count(hostile) >= 8


@pytest.mark.parametrize("portfolios", [0, 1, 9, 60])
def test_it_asks_for_nothing_but_itself_and_its_links_are_relative(portfolios: int) -> None:
    page = Elements(home_page(a_busy_overview(portfolios) if portfolios else Overview()))
    assert not FORBIDDEN & {tag for tag, _ in page.found}
    attributes = [(name, value or "") for _, found in page.found for name, value in found.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name in ("style", "src", "srcset")]
    links = [value for name, value in attributes if name == "href"]
    assert len(links) == portfolios
    assert all(re.fullmatch(r"portfolios/[a-z0-9_-]+", link) for link in links)


def test_the_first_half_hour_is_a_curve() -> None:
    (line,) = a_busy_overview(1, young=True).lines
    (drawn,) = charts.returns_plot([line]).lines
    assert len(drawn.pieces[0].split()) > 30
    plot = charts.returns_plot([line])
    assert [tick.label for tick in plot.x_ticks][:2] == ["1 Mar 2026, 11:30", "1 Mar 2026, 11:40"]


def test_a_line_begins_with_what_the_portfolio_began_with() -> None:
    young = [(NOON - timedelta(minutes=1), D(990))]
    (line,) = an_overview([a_history([a_snapshot(0, 1_010)])], [Owned(young=young)]).lines
    assert [float(equity) for _, equity in line.curve] == [1_000, 990, 1_010]


def test_of_very_many_the_best_are_drawn_and_all_are_listed() -> None:
    overview = a_busy_overview(charts.MOST_LINES + 3)
    page = home_page(overview)
    assert len(re.findall('<polyline class="line', page)) == charts.MOST_LINES
    assert len(re.findall("<a href", page)) == charts.MOST_LINES + 3
    assert "the best 100 of 103" in text(page)


def test_closed_portfolios_are_folded_away_and_counted_in_the_sum() -> None:
    histories = [a_history([a_snapshot(0, equity)], slug=slug) for slug, equity in (("bold", 1_020), ("past", 970))]
    page = home_page(an_overview(histories, [Owned(status="active"), Owned(status="closed")]))
    open_part, folded = page.split('<details class="archive">')
    assert "1 portfolio, " in open_part
    assert "portfolios/past" not in open_part
    assert folded.startswith("<summary>1 closed portfolio</summary>")
    assert 'href="portfolios/past"' in folded
    assert "Behind by 10.00 USD" in text(page)
    assert len(re.findall('<polyline class="line', page)) == 1


def test_without_closed_portfolios_there_is_no_archive() -> None:
    assert "closed portfolio" not in home_page(a_busy_overview(2))
