"""The page as text: what is on it, what cannot get onto it, and how large it becomes."""

import base64
import hashlib
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.figures.position_histories import Remark
from prescient_dagster.domain.figures.reports import Funnel, Played, ReportPortfolio
from prescient_dagster.domain.figures.signal_tally import signal_tally
from prescient_dagster.domain.strategy.signals import RejectReason, SignalStatus
from prescient_dagster.report.page import tear_sheet
from tests.builders import NOON, D
from tests.report.reports import a_busy_report, a_portfolio, a_report, asked, thirty_one_days
from tests.track_records import LOST, WON, a_buy, a_payment, a_reversal, a_sale, a_snapshot

HOSTILE = (
    "</title></style></script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "' onload='alert(1)",
    "javascript:alert(1)",
    "]]><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;script&gt; &amp;",
)
FORBIDDEN = {"script", "link", "img", "iframe", "object", "embed", "form", "base", "audio", "video", "source", "image"}
VOID = {"meta"}


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text; complains where they are not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.going: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.going == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), (tag, attrs)
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.going.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.going.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.going and self.going[-1] != "style":
            self.text += data


def text(page: str) -> str:
    return re.sub(r"\s+", " ", Elements(page).text)


def closed(market: str = "1", sold: float = 0.6) -> list[object]:
    return [
        a_buy(100, 0.5, 0.49, source_ref=f"signal:{market}", market_id=market),
        a_sale(100, sold, 50, source_ref=f"signal:out{market}", market_id=market),
    ]


def a_full_portfolio(slug: str = "bold", text: str = "Rain?") -> ReportPortfolio:
    """One in which every part of the page has something to show, with this text wherever a stranger may write."""
    legs = [
        (a_buy(10, 0.4, market_id=name, bundle="set"), a_payment(10, 1, 4, market_id=name, bundle="set"))
        for name in "56"
    ]
    bundle = [*(bought for bought, _ in legs), *(paid for _, paid in legs)]
    sold = [*closed("1"), *closed("3", 0.3)]
    trades = [*sold, *bundle, a_buy(10, 0.4, market_id="2"), a_buy(10, 0.8, market_id="4")]
    return a_portfolio(
        slug,
        thirty_one_days(),
        [asked(each, text, event_id=text, synthetic=False) for each in trades],
        name=text,
        description=text,
        settings={text: text, "weights": {text: text}},
        signals=signal_tally([(SignalStatus.EXECUTED, None, 9), (SignalStatus.REJECTED, RejectReason.SLIPPAGE, 1)]),
        end_dates={"2": NOON + timedelta(days=40)},
        funnel=Funnel([("tradable", 30), (text, 3)], 7),
    )


def a_full_page(text: str = "Rain?", portfolios: int = 1) -> str:
    slugs = [f"bold-{number}" for number in range(portfolios)]
    remark = Remark(text, D("0.3"), D("0.495"), ExitRule.PROFIT_TARGET)
    remarks = {slug: {f"signal:{name}": remark for name in ("1", "out1", "3")} for slug in slugs}
    verdicts = {"1": WON, "3": LOST}
    return tear_sheet(a_report(*(a_full_portfolio(slug, text) for slug in slugs), verdicts=verdicts, remarks=remarks))


def told_in(tag: str, page: str) -> list[str]:
    """The texts of the elements of this kind, without what is nested in them; those of the explanations left out."""
    main = page[page.index("<main>") : page.index("</main>")]
    return [re.sub("<small.*?</small>|<[^>]*>", "", each) for each in re.findall(f"<{tag}[ >].*?</{tag}>", main, re.S)]


def labels_of(page: str) -> list[str | None]:
    """What is read out of figures and tables, in their order."""
    return [each["aria-label"] for _, each in Elements(page).found if "aria-label" in each]


SECTIONS = [
    "Monthly returns",
    "Worst drawdowns",
    "Daily returns",
    "Closed positions",
    "Calibration: was the price right?",
    "By tag",
    "By category",
    "Where the profit came from",
    "Costs",
    "Open positions",
    "Capital locked",
    "Signals and refusals",
    "What the filters let through",
    "Best trades",
    "Worst trades",
]
FIGURES = [
    "Equity from 1,000.00 to 1,000.00 USD at the bid",
    "Drawdown, at the deepest −0.99 %",
    "Exposure, at most 0.0 % of equity",
    "Sharpe of 30 days, 0.07 to 0.98, now 0.07",
    "Monthly returns",
    "Worst drawdowns",
    "Daily returns, −1.00 % to +0.60 %",
    "Calibration: 2 entries in 1 event(s), Brier 0.2500, edge 0.0000",
    "Calibration by price",
    "Figures by tag",
    "Figures by category",
    "Profit split",
    "Capital locked by end date",
    "Signals and refusals",
    "Funnel of the newest cycle",
]
STATS = [
    *("Equity at the bid", "Equity at the middle", "Profit or loss", "Return", "Return per year (CAGR)"),
    *("All candidates bought equally", "Return beyond that"),
    *("Maximum drawdown", "Volatility per year", "Sharpe", "Sortino", "Calmar", "Exposure", "Turnover"),
    *("Win rate", "Mean entry price", "Hit rate", "Profit factor", "Expectancy", "Holding time"),
    *("Brier score", "Edge", "Entries resolved", "Distinct events"),
    *("Fees", "Spread", "Both, of what was traded", "Synthetic fills"),
]


def test_every_part_is_on_a_full_page() -> None:
    page = a_full_page()
    assert told_in("h3", page) == SECTIONS
    assert labels_of(page) == FIGURES
    assert told_in("dt", page) == STATS
    assert len(re.findall('<ol class="stories">', page)) == 2


def test_every_part_of_every_portfolio_is_on_a_page_of_many() -> None:
    page = a_full_page(portfolios=3)
    assert told_in("h2", page) == ["Overview", "Strategies", "Portfolios", "Rain?", "Rain?", "Rain?"]
    assert told_in("h3", page) == SECTIONS * 3
    sparks = [f"equity of bold-{number}" for number in range(3)]
    assert labels_of(page) == ["Portfolios", *sparks, "Strategies", "equity of all momentum", *FIGURES * 3]
    assert told_in("dt", page) == STATS * 3


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("portfolios", [1, 2])
def test_what_strangers_write_is_text_and_nothing_else(hostile: str, portfolios: int) -> None:
    harmless, page = Elements(a_full_page(portfolios=portfolios)), Elements(a_full_page(hostile, portfolios))
    assert [tag for tag, _ in page.found] == [tag for tag, _ in harmless.found]
    assert [attributes.keys() for _, attributes in page.found] == [each.keys() for _, each in harmless.found]
    assert hostile in page.text


def test_titles_and_venues_are_text_too() -> None:
    for hostile in HOSTILE:
        page = Elements(tear_sheet(a_report(a_full_portfolio(hostile), title=hostile, venue=hostile)))
        assert not FORBIDDEN & {tag for tag, _ in page.found}
        assert not [name for _, attributes in page.found for name in attributes if name.startswith("on")]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_a_replay_was_played_on_is_text_too(hostile: str) -> None:
    played = Played(source=hostile, settings_of=hostile, notes=[hostile], captures=2, missing=1)
    page = Elements(
        tear_sheet(a_report(a_portfolio("replay:1", played=played), a_portfolio("replay:2", played=played)))
    )
    assert not FORBIDDEN & {tag for tag, _ in page.found}
    assert not [name for _, attributes in page.found for name in attributes if name.startswith("on")]
    assert page.text.count(hostile) >= 6
    assert "<title>2 replays – Prescient" in tear_sheet(
        a_report(a_portfolio(played=played), a_portfolio(played=played))
    )
    assert "Strategies" not in page.text  # there is no live portfolio to pool


def test_control_characters_and_half_letters_do_not_get_through() -> None:
    page = a_full_page("a\0b\x1b[31mc\u202ed\ud800e")
    assert not re.search("[\0\x1b\u202e\ud800]", page)
    assert "a�b�[31mc�d�e" in page
    assert page.encode()


@pytest.mark.parametrize("portfolios", [0, 1, 2, 5])
def test_the_page_asks_for_nothing_and_runs_nothing(portfolios: int) -> None:
    page = Elements(a_full_page(portfolios=portfolios))
    assert not FORBIDDEN & {tag for tag, _ in page.found}
    attributes = [(name, value or "") for _, found in page.found for name, value in found.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name in ("style", "src", "srcset")]
    assert [value for name, value in attributes if name in ("href", "xlink:href") and not value.startswith("#")] == []
    (style,) = re.findall("<style>(.*?)</style>", a_full_page(portfolios=portfolios), re.DOTALL)
    assert not re.search(r"url\(|@import|@font-face", style)


def test_the_policy_allows_its_own_style_alone() -> None:
    page = a_full_page()
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = [each["content"] for _, each in Elements(page).found if each.get("http-equiv")]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_it_does_not_flatter() -> None:
    """One of two resolved entries won, both for 0.50; the middle is dearer than the bid."""
    history = [a_snapshot(0, 1_000, 20, 26)]
    trades = [*closed("1"), *closed("3", 0.6)]
    told = text(tear_sheet(a_report(a_portfolio("bold", history, trades), verdicts={"1": WON, "3": LOST})))
    assert "Win rate100.0 %2 positions, 2 events" in told
    assert "Mean entry price0.500" in told
    assert "Hit rate50.0 %" in told
    assert "Equity at the bid1,000.00" in told
    assert "Equity at the middle1,006.00" in told


def test_an_empty_figure_is_a_dash_with_its_reason() -> None:
    told = text(tear_sheet(a_report(a_portfolio("bold", [a_snapshot(0, 1_000)]))))
    assert "Sharpe–under 30 days" in told
    assert "Win rate–no position has closed" in told
    assert "nan" not in told.lower()


def test_a_world_without_portfolios_says_so() -> None:
    told = text(tear_sheet(a_report()))
    assert "There is no portfolio yet" in told
    assert "prescient portfolio create" in told


def test_a_portfolio_that_did_nothing_says_so() -> None:
    told = text(tear_sheet(a_report(a_portfolio())))
    for said in ("Nothing has been valued yet", "No signal yet", "Nothing is held", "no market that it entered"):
        assert said in told


EDGES = {
    "one day": a_portfolio("a", [a_snapshot(0, 1_000)]),
    "flat": a_portfolio("b", thirty_one_days(*[1_000] * 40)),
    "trades without a snapshot": a_portfolio("c", [], closed()),  # type: ignore[arg-type]
    "all wins": a_portfolio("d", thirty_one_days(), closed()),  # type: ignore[arg-type]
    "a void": a_portfolio("e", thirty_one_days(), [a_buy(10, 0.4), a_payment(10, 0.5, 4)]),
    "a gap of days": a_portfolio("f", [a_snapshot(0, 1_000), a_snapshot(400, 990)]),
    "nothing left": a_portfolio("g", [a_snapshot(0, 500), a_snapshot(1, 0), a_snapshot(2, -10), a_snapshot(3, 5)]),
    "a correction": a_portfolio(
        "h", thirty_one_days(), [a_buy(10, 0.4), a_payment(10, 1, 4), a_reversal(10, 1, 4), a_payment(10, 0, 4, 2)]
    ),
    "a billion": a_portfolio("i", thirty_one_days(*(1e9 + day for day in range(31)))),
    "ten years": a_portfolio("j", [a_snapshot(0, 1_000), a_snapshot(3_650, 2_000)]),
}


@pytest.mark.parametrize("name", EDGES)
def test_an_edge_is_no_exception_and_no_nan(name: str) -> None:
    page = tear_sheet(a_report(EDGES[name], verdicts={"1": WON}))
    assert not re.search(r"\b(nan|inf|None)\b", page)
    assert len(page) < 100_000


def test_all_edges_stand_in_one_report() -> None:
    page = tear_sheet(a_report(*EDGES.values()))
    assert not re.search(r"\b(nan|inf|None)\b", page)
    links = [each["href"] for tag, each in Elements(page).found if tag == "a"]
    ids = {f"#{each['id']}" for _, each in Elements(page).found if each.get("id")}
    assert len(links) == len(EDGES)
    assert set(links) <= ids  # type: ignore[arg-type]


def test_ids_are_there_once() -> None:
    ids = [each["id"] for _, each in Elements(a_full_page(portfolios=5)).found if "id" in each]
    assert len(ids) == len(set(ids))


def test_a_story_tells_reason_price_touch_and_end() -> None:
    told = text(a_full_page("It fell"))
    assert "bought 100 YES at 0.500 (touch 0.495, middle 0.490), because It fell." in told
    assert "sold 100 YES at 0.600 (touch 0.495, middle 0.600), profit target." in told
    assert "Sold after 0.0 hours; cost 50.00 USD, return +20.00 %." in told


def test_refusals_filters_and_locked_capital_are_told() -> None:
    told = text(a_full_page())
    assert "refused: slippage110.0 %" in told
    assert "candidates left7" in told
    assert "7 to 30 days4.0011" in told
    assert "no end date8.0011" in told


def test_a_single_portfolio_needs_no_overview_and_many_are_folded() -> None:
    assert '<h2 id="overview"' not in a_full_page()
    assert len(re.findall("<details[^>]* open", a_full_page(portfolios=3))) == 3
    assert "<details" in a_full_page(portfolios=4)
    assert not re.search("<details[^>]* open", a_full_page(portfolios=4))


def test_tables_and_pictures_are_named_for_those_who_cannot_see_them() -> None:
    page = a_full_page(portfolios=2)
    for table in re.findall("<table.*?</table>", page, re.DOTALL):
        assert "<caption>" in table
        assert 'scope="col"' in table
    for svg in re.findall("<svg[^>]*>", page):
        assert 'aria-hidden="true"' in svg or ('role="img"' in svg and 'aria-label="' in svg)


def test_the_same_report_is_the_same_page() -> None:
    assert a_full_page(portfolios=3) == a_full_page(portfolios=3)


def test_fifty_portfolios_with_many_trades_are_no_large_page() -> None:
    few, many = (tear_sheet(a_busy_report(5, trades, days)) for trades, days in ((20, 60), (1_000, 900)))
    assert len(many.encode()) * 10 < 5_000_000
    assert len(many) < 2.5 * len(few)
