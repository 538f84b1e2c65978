"""The workbench: both sides beside each other, matched by hand and by keyboard, in light and dark, wide and narrow.

Screenshots go to ``FLOWLET_SCREENSHOTS`` when it names a folder.
"""

import os
import shutil
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.models import User
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press, reveal, signed_in
from ledger.choices import ItemState, MatchState
from ledger.models import BankStatement, Break, Match, ReconciliationItem, StatementLine
from ledger.services import breaks
from ledger.tests.conftest import ACTOR
from ledger.tests.test_reconciliation import DAY, Bank, staff

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), "")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture
def bank(book):
    return Bank(book)


@pytest.fixture
def finance(db):
    return User.objects.create_user("finance@flowlet.test", name="Fin Ance", is_staff=True, roles=["FINANCE"])


def bench(bank):
    return cells.admin_url(bank.account).removesuffix("change/") + "workbench/"


def furnish(bank):
    """A day with something of everything."""
    for n in range(1, 19):
        bank.post(f"-{n}0.00", end_to_end_id=f"PAYOUT-2026-{n:03d}")
    bank.post("-75.00", end_to_end_id="PAYOUT-2026-075")
    bank.post("-20.00"), bank.post("-20.00")
    bank.post("-99.00", end_to_end_id="PAYOUT-2026-099")
    bank.post("-31.50", reference="SUPPLIER-7")
    lines = [(f"-{n}0.00", {"e2e": f"PAYOUT-2026-{n:03d}"}) for n in range(1, 18)]
    bank.statement(
        *lines,
        ("-180.25", {"e2e": "PAYOUT-2026-018"}),
        ("-70.00", {"e2e": "PAYOUT-2026-075", "name": "Grace Hopper"}),
        ("-20.00", {"name": "Ada Lovelace"}),
        ("250.00", {"e2e": "INVOICE-4711", "name": "Charles Babbage", "account": "DE89370400440532013000"}),
        ("-4.90", {"reference": "CHARGES-03"}),
        ("-31.50", {"reference": "OTHER-7"}),
    )
    bank.run()


def test_the_workbench_shows_both_sides_suggestions_and_the_picture_of_the_day(bank, finance):
    furnish(bank)
    page = signed_in(finance).get(bench(bank)).content.decode()
    for text in (
        "not proven",
        "INVOICE-4711",
        "PAYOUT-2026-099",
        "C•••••• B••••••",
        "Same reference",
        "settled",
        "Newest matches",
        "The sides differ by more than the tolerance",
        "Breaks without owner",
        'data-digits="2"',
    ):
        assert text in page, text
    assert "Babbage" not in page
    narrowed = signed_in(finance).get(bench(bank), {"q": "250.00"}).content.decode()
    assert "INVOICE-4711" in narrowed and "CHARGES-03" not in narrowed
    assert signed_in(finance).get(bench(bank), {"q": "NaN", "day": "x"}).status_code == 200


def test_matching_accepting_and_undoing_on_the_pages(bank, finance):
    furnish(bank)
    client = signed_in(finance)
    ambiguous = ReconciliationItem.objects.get(side="THEIRS", state=ItemState.AMBIGUOUS)
    ours = ambiguous.candidates[0]
    answer = client.post(bench(bank), {"items": [ambiguous.pk, ours], "reason": "paper"}, follow=True)
    assert "Matched as mat_" in answer.content.decode()
    made = Match.objects.get(found_by="MANUAL")
    assert answer.redirect_chain[0][1] == 302 and made.reason == "paper"
    answer = client.post(bench(bank), {"items": [ambiguous.pk], "reason": "again"}, follow=True)
    assert "matched already" in answer.content.decode()
    assert press(client, made, "undo", reason="it was the other one").status_code == 302
    made.refresh_from_db()
    assert made.state == MatchState.UNDONE
    suggestion = Match.objects.get(state=MatchState.SUGGESTED, amount=Decimal("-31.50"))
    client.post(bench(bank), {"suggestion": suggestion.public_id, "reason": ""})
    assert Match.objects.filter(found_by="MANUAL", state=MatchState.LIVE).count() == 1
    answer = client.post(bench(bank), {"suggestion": "mat_nothing"}, follow=True)
    assert "was expected" in answer.content.decode()


def test_only_who_may_reconcile_matches(bank, db):
    furnish(bank)
    auditor = User.objects.create_user("auditor@flowlet.test", name="Audi Tor", is_staff=True, roles=["AUDITOR"])
    client = signed_in(auditor)
    assert client.get(bench(bank)).status_code == 200
    assert client.post(bench(bank), {"items": ["1"], "reason": "no"}).status_code == 403
    assert signed_in(auditor, verified=False).get(bench(bank)).status_code == 302
    assert client.put(bench(bank)).status_code == 405


def test_a_statement_comes_in_and_breaks_are_worked_on_by_pages(bank, finance, tmp_path):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = signed_in(finance)
    file = SimpleUploadedFile("s.xml", bank.file(("-9.00", {"e2e": "B", "name": "Ada Lovelace"})))
    assert press(client, bank.account, "import", file=file).status_code == 302
    assert BankStatement.objects.count() == 1
    assert press(client, bank.account, "reconcile").status_code == 302
    row = Break.objects.get()
    assert press(client, row, "take").status_code == 302
    row.refresh_from_db()
    assert row.owner == finance
    other, person = staff("ops@flowlet.test", "OPERATIONS")
    assert press(client, row, "assign", owner=str(other.pk)).status_code == 302
    assert press(client, row, "remark", text="asked the bank").status_code == 302
    assert press(client, row, "explain", reason="fee of the bank").status_code == 302
    assert press(client, row, "reopen", reason="no fee at all").status_code == 302
    assert press(client, row, "write_off", reason="too small to chase").status_code == 302
    page = client.get(cells.admin_url(row)).content.decode()
    assert "asked the bank" in page and "Lovelace" not in page
    line = StatementLine.objects.get()
    assert "Ada Lovelace" in reveal(client, line).content.decode()
    breaks.assign(break_id=row.pk, owner=finance, actor=ACTOR, at=row.opened_at)
    for work, count in (("", 1), ("mine", 1), ("unowned", 0), ("closed", 0)):
        listed = client.get(cells.admin_url(Break, "changelist"), {"work": work} if work else {}).content.decode()
        assert listed.count(row.public_id) == count or (count and row.public_id in listed), work


def test_a_bank_account_is_declared_and_changed_by_pages(bank, finance):
    client = signed_in(finance)
    url = cells.admin_url(type(bank.account), "changelist")
    rules = {"window_days": 2, "transit_days": 4, "tolerance_line": "5010", "write_off_line": "5020"}
    usd = bank.nostro.__class__.objects.exclude(pk=bank.nostro.pk).filter(line__cash_flow="CASH").first()
    from ledger.tests.conftest import cash

    usd = usd or cash(bank.book, "USD")
    answer = client.post(f"{url}do/declare/", {"code": "usd", "account": str(usd.pk), "starts_on": str(DAY), **rules})
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    assert press(client, bank.account, "change_rules", reason="as agreed with the bank", **rules).status_code == 302
    bank.account.refresh_from_db()
    assert (bank.account.window_days, bank.account.transit_days, bank.account.tolerance_amount) == (2, 4, None)


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
@pytest.mark.django_db(transaction=True)
def test_matching_by_keyboard_in_a_browser(live_server, bank, finance, monkeypatch, tmp_path):
    furnish(bank)
    bank.statement(on=DAY + timedelta(days=5))
    bank.run()
    shots = Path(os.environ.get("FLOWLET_SCREENSHOTS") or tmp_path)
    shots.mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    sync_api = pytest.importorskip("playwright.sync_api")
    cookie = signed_in(finance).cookies["sessionid"].value
    complaints = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": 1360, "height": 900}, color_scheme="light")
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{live_server.url}{bench(bank)}?day={DAY}")
        page.wait_for_selector("html:not([x-cloak])")
        page.screenshot(path=shots / "workbench-light.png", full_page=True)

        def go_to(selector):
            for _ in range(80):
                page.keyboard.press("j")
                if page.locator(f"{selector}.is-current").count():
                    return
            raise AssertionError(selector)

        line = ReconciliationItem.objects.get(side="THEIRS", state=ItemState.AMBIGUOUS)
        go_to(f'[data-rec-item="{line.pk}"]')
        page.wait_for_selector(".rec-row.is-candidate")
        page.keyboard.press("x")
        go_to(f'[data-rec-item="{line.candidates[1]}"]')
        page.keyboard.press("x")
        assert page.locator("[data-rec-sum=gap]").inner_text() == "0.00 EUR"
        page.screenshot(path=shots / "workbench-chosen.png")
        page.keyboard.press("m")
        page.keyboard.type("as the voucher says")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.wait_for_selector("html:not([x-cloak])")
        made = Match.objects.get(found_by="MANUAL")
        assert made.reason == "as the voucher says"

        # Taken back by keyboard alone as well: down to the match, x, the reason, the form is sent from the field.
        go_to(f'[data-rec-match="{made.public_id}"]')
        with page.expect_navigation():
            page.keyboard.press("x")
        page.wait_for_selector("html:not([x-cloak])")
        page.focus("textarea[name=reason]")
        page.keyboard.type("it was the other one")
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        made.refresh_from_db()
        assert (made.state, made.undone_reason) == (MatchState.UNDONE, "it was the other one")

        # The help of the page knows its keys.
        page.goto(f"{live_server.url}{bench(bank)}?day={DAY}")
        page.wait_for_selector("html:not([x-cloak])")
        page.keyboard.press("?")
        helped = page.inner_text("#fl-help dl").split()
        assert {"x", "m", "a"} <= set(helped)
        page.keyboard.press("Escape")

        for name, size, scheme, url in (
            ("workbench-dark", 1360, "dark", f"{bench(bank)}?day={DAY}"),
            ("workbench-390", 390, "light", f"{bench(bank)}?day={DAY}"),
            ("account-light", 1360, "light", cells.admin_url(bank.account)),
            ("breaks-light", 1360, "light", cells.admin_url(Break, "changelist")),
            ("breaks-390", 390, "dark", cells.admin_url(Break, "changelist")),
            ("break-light", 1360, "light", cells.admin_url(Break.objects.filter(side="THEIRS", state="OPEN").first())),
            ("break-390", 390, "light", cells.admin_url(Break.objects.filter(type="AMBIGUOUS").first() or Break.objects.first())),
            ("statement-dark", 1360, "dark", cells.admin_url(BankStatement.objects.order_by("id").first())),
            ("line-light", 1360, "light", cells.admin_url(StatementLine.objects.order_by("id").first())),
            ("match-light", 1360, "light", cells.admin_url(made)),
        ):
            page.set_viewport_size({"width": size, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.goto(live_server.url + url)
            page.wait_for_selector("html:not([x-cloak])")
            page.screenshot(path=shots / f"{name}.png", full_page=True)
            # Nothing is wider than the screen.
            assert page.evaluate("document.documentElement.scrollWidth") <= size + 1, name
        browser.close()
    assert complaints == []
