"""Panels: what they draw, who sees them, and that personal data stays masked until a reason is given and kept."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from moneyed import Money

from flowlet.audit.models import Record
from flowlet.audit.services import log
from flowlet.backoffice import cells, charts, panels
from flowlet.backoffice.testing import reveal, signed_in
from flowlet.core.errors import Conflict


@pytest.fixture
def approval(request_by, person):
    return request_by(person("OPERATIONS"))


def page(client, approval):
    return client.get(f"/admin/flowlet_approvals/approval/{approval.public_id}/change/").content.decode()


def test_a_page_draws_all_its_panels(approval, person):
    html = page(signed_in(person("FINANCE")), approval)
    assert re.search(r"<dt>Worth</dt><dd><span class=\"fl-money\">12.50 <small>USD</small></span></dd>", html)
    assert re.search(r'<td data-label="Value" class="fl-figure">500</td>', html)
    assert '<path class="fl-line" d="M' in html
    assert re.search(r"<span>Sum</span><b>5.00</b>.*<span>Sum</span><b>5.00</b>", html, re.S)
    assert "does not balance" not in html
    assert "Submitted" in html


def test_a_panel_is_hidden_from_those_without_its_permission(approval, person):
    assert "from most" not in page(signed_in(person("FINANCE")), approval)
    assert "from most" in page(signed_in(person("ADMINISTRATOR")), approval)


def test_personal_data_is_masked_and_only_some_may_ask_for_it(approval, person):
    finance, officer = (page(signed_in(person(role)), approval) for role in ("FINANCE", "COMPLIANCE_OFFICER"))
    for html in (finance, officer):
        assert "A•• L•••••••" in html
        assert "Ada Lovelace" not in html
    assert "/reveal/personal/" not in finance
    assert "/reveal/personal/" in officer


def test_a_reveal_shows_the_data_once_and_writes_who_why_and_what(approval, person):
    officer = person("COMPLIANCE_OFFICER")
    client = signed_in(officer)
    answer = reveal(client, approval, reason="customer called about a payment")
    assert answer.status_code == 200
    assert "Ada Lovelace" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    record = Record.objects.latest("id")
    assert (record.action, record.target, record.actor_id) == ("personal_data.revealed", approval.public_id, officer.public_id)
    assert (record.reason, record.actor_ip) == ("customer called about a payment", "127.0.0.1")
    assert record.after == {"panel": "personal", "shown": ["name"]}
    assert "Ada Lovelace" not in page(client, approval)


@pytest.mark.parametrize(("role", "reason", "status"), [("COMPLIANCE_OFFICER", "why", 400), ("FINANCE", "a good reason", 403)])
def test_without_a_reason_or_the_permission_nothing_is_shown(approval, person, role, reason, status):
    before = Record.objects.count()
    answer = reveal(signed_in(person(role)), approval, reason=reason)
    assert answer.status_code == status
    assert "Ada Lovelace" not in answer.content.decode()
    assert Record.objects.count() == before


def test_a_reveal_is_not_a_link(approval, person):
    client = signed_in(person("COMPLIANCE_OFFICER"))
    assert client.get(f"/admin/flowlet_approvals/approval/{approval.public_id}/reveal/personal/").status_code == 405
    assert reveal(client, approval, "nonsense").status_code == 404


def test_when_the_audit_cannot_be_written_nothing_is_shown(approval, person, monkeypatch):
    def fail(**_):
        raise Conflict("The audit is away.")

    monkeypatch.setattr(log, "record", fail)
    answer = reveal(signed_in(person("COMPLIANCE_OFFICER")), approval)
    assert answer.status_code == 409
    assert "Ada Lovelace" not in answer.content.decode()


@pytest.mark.parametrize(
    ("amount", "code", "text"),
    [
        ("1234.5", "USD", "1,234.50"),
        ("1000", "JPY", "1,000"),
        ("0", "KWD", "0.000"),
        ("-2", "EUR", "-2.00"),
        ("10.125", "USD", "10.125"),
    ],
)
def test_amounts_have_their_currencys_decimals_and_lose_none(amount, code, text):
    assert cells.number(Decimal(amount), code) == text
    assert text in cells.money(Money(Decimal(amount), code))


def test_cells_escape_what_they_are_given():
    assert cells.badge("<b>", "bad") == '<span class="fl-badge fl-bad">&lt;b&gt;</span>'
    assert cells.badge("x", '" onload="') == '<span class="fl-badge fl-neutral">x</span>'
    assert "&lt;" in cells.code("<script>")
    assert cells.moment(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == (
        '<time datetime="2026-01-02T03:04:05+00:00">2026-01-02 03:04:05</time>'
    )


def test_a_balance_is_drawn_in_steps_on_an_axis_with_zero():
    drawing = charts.line([charts.Point(date(2026, 1, day), Decimal(value)) for day, value in ((1, 0), (2, 100), (4, 50))])
    assert drawing.path == "M64.0 214.0H358.67V12.0H948.0V113.0"
    assert [tick.text for tick in drawing.horizontal] == ["0", "25", "50", "75", "100"]
    assert [tick.text for tick in drawing.vertical] == ["01 Jan", "02 Jan", "04 Jan"]
    assert list(drawing.rows) == [("2026-01-01", "0"), ("2026-01-02", "100"), ("2026-01-04", "50")]


def test_bars_below_zero_hang_from_the_zero_line():
    drawing = charts.bars([charts.Point(date(2026, 1, 1), Decimal(10)), charts.Point(date(2026, 1, 2), Decimal(-10))])
    (_, top_up, _, height_up, _), (_, top_down, _, height_down, _) = drawing.bars
    assert top_up + height_up == pytest.approx(top_down)
    assert height_up == pytest.approx(height_down)


def test_nothing_is_drawn_of_nothing():
    assert charts.line([]) is None
    assert charts.bars([]) is None


def test_axis_figures_are_short():
    texts = [charts.short(Decimal(value)) for value in ("0", "999.5", "9999", "12500", "3400000", "-2500000000")]
    assert texts == ["0", "999.5", "9,999", "12.5k", "3.4M", "-2.5B"]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("wallet.frozen", "Frozen"),
        ("customer.kyc_tier_changed", "KYC tier changed"),
        ("personal_data.revealed", "Personal data revealed"),
        ("ledger.period.soft_closed", "Soft closed"),
        ("moved", "Moved"),
    ],
)
def test_an_action_is_said_in_words(action, words):
    assert panels.in_words(action) == words
