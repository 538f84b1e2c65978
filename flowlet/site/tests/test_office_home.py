"""The first page with real books behind it: exact figures, the live ones only, per role."""

from datetime import timedelta

import pytest

from accounts.choices import Role
from flowlet.audit.services import log
from flowlet.backoffice import home
from flowlet.backoffice.testing import at_most, signed_in
from flowlet.core import clock
from flowlet.site import home as page
from flowlet.site.tests import office_world
from flowlet.site.tests.office_world import SYSTEM
from ledger.models import Verification

BUDGET = 40


@pytest.fixture
def world(db):
    return office_world.build()


def shown(client):
    answer = client.get("/admin/")
    assert answer.status_code == 200
    assert "Not available at the moment" not in answer.content.decode()
    areas = answer.context["areas"]
    return {found.panel.name: found.data for area in areas.values() for found in area}


def figures(data):
    return [(figure.label, str(figure.value), figure.text) for figure in data]


def test_position_is_exact_at_once_and_of_live_books_only(world):
    client = signed_in(world.staff[Role.FINANCE])
    assert figures(shown(client)["money.position"]) == [("USD safeguarded", "100.00", "owed to customers 100.00")]
    office_world.fund(world.book, world.wallet, "0.01", at=world.at)
    yen = office_world.open_wallet(world.book, "JPY", "wallet-2", at=world.at)
    office_world.fund(world.book, yen, "5000", at=world.at)
    play = office_world.book_of(world.sandbox, at=world.at)
    office_world.fund(play, office_world.open_wallet(play, "USD", "wallet-1", at=world.at), "777.00", at=world.at)
    assert figures(shown(client)["money.position"]) == [
        ("JPY safeguarded", "5,000", "owed to customers 5,000"),
        ("USD safeguarded", "100.01", "owed to customers 100.01"),
    ]


def test_volume_has_a_bar_for_each_of_thirty_days(world):
    today = clock.now().date()
    office_world.fund(world.book, world.wallet, "20.00", at=world.at, effective_on=today - timedelta(days=29))
    office_world.fund(world.book, world.wallet, "40.00", at=world.at, effective_on=today - timedelta(days=30))
    (chart,) = shown(signed_in(world.staff[Role.AUDITOR]))["money.volume"]["charts"]
    texts = [text for _, _, _, _, text in chart["drawing"].bars]
    assert (chart["unit"], len(texts)) == ("USD", 30)
    assert texts[0] == f"{today - timedelta(days=29)}: 20.00 USD"
    assert texts[-1] == f"{today}: 100.00 USD"
    assert texts[1].endswith(": 0.00 USD")


def test_health_says_what_the_last_verification_found(world):
    client = signed_in(world.staff[Role.FINANCE])
    assert figures(shown(client)["health.books"])[0] == ("Last verification", "just now", "clean, 2 entries")
    run = {"started_at": world.at, "finished_at": world.at, "journals": 1, "entries": 2}
    Verification.objects.create(is_clean=False, findings=[{"check": "legs"}], **run)
    figure, seal, *_ = shown(client)["health.books"]
    assert (figure.value, figure.text, figure.tone) == ("broken", "1 findings", "bad")
    assert (seal.value, seal.tone) == ("never", "warn")


def test_my_requests_show_only_mine(world):
    mine = shown(signed_in(world.staff[Role.OPERATIONS]))["approvals.of_mine"]
    assert (mine.count, mine.is_late) == (1, False)
    assert "approvals.of_mine" not in shown(signed_in(world.staff[Role.COMPLIANCE_MANAGER]))


def test_what_waits_for_me_is_what_i_may_check(world):
    assert shown(signed_in(world.staff[Role.COMPLIANCE_MANAGER]))["approvals"].count == 1
    assert shown(signed_in(world.staff[Role.OPERATIONS])).get("approvals", home.Waiting(0, "")).count == 0


def test_the_administrator_sees_health_but_no_money(world):
    seen = shown(signed_in(world.staff[Role.ADMINISTRATOR]))
    assert not {"money.position", "money.volume", "health.books"} & set(seen)
    assert "health.trail" in seen


def test_the_audit_panel_names_the_last_seal(world):
    log.record(action="x.done", actor=SYSTEM, at=world.at, target="x_1")
    assert figures(shown(signed_in(world.staff[Role.AUDITOR]))["health.trail"]) == [("Last seal", "never", "")]


@pytest.mark.django_db(transaction=True)
def test_the_page_opens_for_every_role_within_its_budget(transactional_db):
    world = office_world.build()
    for role in Role.values:
        if role == Role.PARTNER_DEVELOPER:
            continue
        client = signed_in(world.staff[role])
        shown(client)
        with at_most(BUDGET):
            client.get("/admin/")


def test_seconds_become_words():
    words = [page._ago(timedelta(seconds=seconds)) for seconds in (-1, 59, 60, 7199, 86400 * 3)]
    assert words == ["just now", "just now", "1 min ago", "1 h ago", "3 d ago"]
