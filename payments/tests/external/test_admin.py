"""The pages of external accounts and mandates: what is on them, what each button does. Roles and budgets are tested for all pages at once."""

import pytest

from accounts.choices import Role
from accounts.models import User
from flowlet.approvals.models import Approval
from flowlet.audit.models import Record
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press, reveal, signed_in
from payments.models import ExternalAccount
from payments.services import mandates
from payments.tests.external.conftest import AT, KEY

REASON = "bank letter of 1 March"
NUMBER = "000123456789"


@pytest.fixture
def sit(db):
    def make(role):
        user = User.objects.create_user(f"{role.lower()}@flowlet.test", name="Somebody", is_staff=True, roles=[role])
        return signed_in(user)

    return make


def text_of(client, obj):
    answer = client.get(cells.admin_url(obj))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_page_shows_what_a_decision_needs_and_no_number(sit, world):
    account = world.add(bank_name="JPMorgan Chase", metadata={"plan": "gold"})
    mandate = world.mandate(account)
    page = text_of(sit(Role.COMPLIANCE_OFFICER), account)
    for shown in ("JPMorgan Chase", "021000021", "••••6789", "A•• L•••••••", mandate.public_id, world.person.public_id, "gold"):
        assert shown in page, shown
    for hidden in (NUMBER, "Lovelace"):
        assert hidden not in page


def test_a_list_shows_masked_owners_and_finds_by_number_and_name(sit, world):
    account, other = world.add(), world.add(owner_name="Grace Hopper", account_number="987654321")
    client, url = sit(Role.OPERATIONS), cells.admin_url(ExternalAccount, "changelist")
    page = client.get(url).content.decode()
    assert "A••\N{NO-BREAK SPACE}L•••••••" in page and NUMBER not in page and "Hopper" not in page
    for term, found, missing in (("hopper", other, account), (NUMBER, account, other), ("987 654 321", other, account)):
        rows = client.get(url, {"q": term}).content.decode().partition('id="result_list"')[2]
        assert found.public_id in rows and missing.public_id not in rows, term


def test_a_reveal_wants_a_reason_and_is_audited(sit, world):
    account = world.add()
    client = sit(Role.COMPLIANCE_OFFICER)
    answer = reveal(client, account, "personal", reason=REASON)
    assert NUMBER in answer.content.decode()
    record = Record.objects.get(action="personal_data.revealed")
    assert (record.target, record.reason) == (account.public_id, REASON)


def test_manual_verification_is_asked_for_and_waits_for_another_person(sit, world):
    account = world.add()
    press(sit(Role.OPERATIONS), account, "request_verification", reason=REASON)
    asked = Approval.objects.get()
    assert (asked.kind, asked.subject, asked.status) == ("payments.external_account_verification", account.public_id, "PENDING")
    account.refresh_from_db()
    assert account.status == "PENDING"
    page = text_of(sit(Role.COMPLIANCE_MANAGER), asked)
    assert "••••6789" in page and NUMBER not in page


def test_an_account_is_blocked_and_unblocked_by_buttons(sit, world):
    account = world.add()
    client = sit(Role.FRAUD_ANALYST)
    press(client, account, "block", reason=REASON)
    account.refresh_from_db()
    assert (account.status, account.block_origin, account.block_reason) == ("BLOCKED", "PLATFORM", REASON)
    press(client, account, "unblock", reason=REASON)
    account.refresh_from_db()
    assert account.status == "PENDING"


def test_the_page_of_a_customer_shows_their_accounts_to_those_who_may_see_them(sit, world):
    account, stranger = world.add(), world.add(customer=world.customer(), account_number="55555")
    page = text_of(sit(Role.COMPLIANCE_OFFICER), world.person)
    assert account.public_id in page and "••••6789" in page and stranger.public_id not in page
    assert account.public_id not in text_of(sit(Role.ADMINISTRATOR), world.person)


def test_the_page_of_a_mandate_shows_its_collections_and_hides_the_evidence(sit, world):
    mandate = world.mandate(world.add(), evidence="Ticked the box at 192.0.2.7")
    mandates.next_sequence(mandate_id=mandate.pk, reference="pay_1", on=AT.date(), actor=KEY, at=AT)
    client = sit(Role.COMPLIANCE_OFFICER)
    page = text_of(client, mandate)
    for shown in ("pay_1", "First", mandate.reference, mandate.external_account.public_id):
        assert shown in page, shown
    assert "192.0.2.7" not in page
    answer = reveal(client, mandate, "personal", reason=REASON)
    assert "Ticked the box at 192.0.2.7" in answer.content.decode()
    press(client, mandate, "revoke", reason=REASON)
    mandate.refresh_from_db()
    assert mandate.status == "REVOKED"
