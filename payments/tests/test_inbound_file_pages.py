"""The pages of files from banks: taken in, gone through again, what is left over closed with a reason."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.choices import Role
from flowlet.audit.models import Record
from flowlet.backoffice import cells, site
from flowlet.backoffice.testing import at_most, press
from payments.choices import InboundState, PaymentStatus
from payments.models import InboundFile, InboundItem
from payments.tests.bank_files import refusal_of, returned
from payments.tests.standings import sent
from payments.tests.world import books_are_sound, fresh_world

FILES, ITEMS = (cells.admin_url(model, "changelist") for model in (InboundFile, InboundItem))
STRANGER = refusal_of("nobody-1")


@pytest.fixture
def world(db):
    return fresh_world()


def upload(client, content, **data):
    return client.post(f"{FILES}do/take/", {"file": SimpleUploadedFile("answer.txt", content), **data}, follow=True)


def listed(client, url, **params):
    return list(client.get(url, params).context["cl"].result_list)


def test_a_file_is_taken_in_and_books_what_it_says(sit, world):
    payment = sent(world, world.wallet("100.00"))
    client = sit(Role.OPERATIONS)
    answer = upload(client, returned(world, payment, "R03"))
    assert "1 handled" in answer.content.decode()
    payment.refresh_from_db()
    assert (payment.status, payment.reason_code) == (PaymentStatus.RETURNED, "R03")
    item = InboundItem.objects.get()
    shown = client.get(cells.admin_url(payment)).content.decode()
    assert item.public_id in shown and "Said by banks" in shown
    assert payment.public_id in client.get(cells.admin_url(item)).content.decode()
    assert item.public_id in client.get(cells.admin_url(item.file)).content.decode()
    books_are_sound()


def test_the_same_file_is_refused_and_another_format_says_so(sit, world):
    client = sit(Role.FINANCE)
    upload(client, STRANGER)
    assert "known" in upload(client, STRANGER).content.decode().lower()
    assert InboundFile.objects.count() == 1
    assert "no ACH file" in upload(client, b"hello").content.decode()


def test_what_is_left_over_waits_in_a_queue_until_it_is_closed_with_a_reason(sit, world):
    client = sit(Role.OPERATIONS)
    upload(client, STRANGER)
    (item,) = listed(client, ITEMS)
    assert item.state == InboundState.UNMATCHED
    assert press(client, item, "close").status_code == 400
    press(client, item, "close", reason="a file of another bank's customer")
    item.refresh_from_db()
    assert (item.state, item.handled_by) == (InboundState.CLOSED, str(client.actor))
    assert Record.objects.get(action="payments.inbound_item.closed").reason == "a file of another bank's customer"
    assert listed(client, ITEMS) == []
    assert listed(client, ITEMS, work="all", q=item.file.public_id) == [item]
    assert listed(client, ITEMS, work="CLOSED", q="inf_nonsense") == []


def test_a_file_is_gone_through_again_as_long_as_something_is_left_over(sit, world):
    client = sit(Role.OPERATIONS)
    upload(client, STRANGER)
    file = InboundFile.objects.get()
    names = lambda: {b["transition"].name for b in client.get(cells.admin_url(file)).context["buttons"]}  # noqa: E731
    assert names() == {"handle"}
    assert [row.items_left for row in listed(client, FILES)] == [1]
    press(client, file, "handle")
    assert InboundItem.objects.get().state == InboundState.UNMATCHED
    press(client, InboundItem.objects.get(), "close", reason="seen to by telephone")
    assert names() == set()
    assert [row.items_left for row in listed(client, FILES)] == [0]


def test_who_may_not_sees_no_button_and_the_pages_keep_their_budgets(sit, world):
    upload(sit(Role.OPERATIONS), STRANGER)
    client = sit(Role.AUDITOR)
    item = InboundItem.objects.get()
    assert press(client, item, "close", reason="seen to by telephone").status_code == 403
    assert upload(client, STRANGER).status_code == 403
    for row in (item, item.file):
        with at_most(site._registry[type(row)].page_budget):
            assert client.get(cells.admin_url(row)).status_code == 200
