"""What partners wrote of what moved stands where it can be emptied, never in a journal; and is shown and found as ever."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.models import Journal
from ledger.services import journals
from ledger.services.journals import Leg
from wallets.models import Transfer
from wallets.selectors import transactions, words
from wallets.selectors.words import Words
from wallets.services import batches, refunds, top_ups, transfers
from wallets.services.batches import NewTransfer
from wallets.tests.conftest import KEY, STAFF, usd
from wallets.tests.test_conversions import convert, publish, spread


def written(name):
    return {"description": f"for {name}", "external_id": f"id-{name}", "metadata": {"of": name, "all": "yes"}}


@pytest.fixture
def busy(world):
    """A wallet that everything happened to which wallets do, each with words of its own."""
    publish()
    spread(world, 0)
    ada = world.customer()
    a, b, euros = world.wallet("100", customer=ada), world.wallet("100"), world.wallet(customer=ada, currency="EUR")
    by = {"partner_id": world.partner.pk, "actor": KEY, "at": world.at}
    top_ups.simulate(wallet_id=a.pk, amount=usd(50), external_id="id-top-up", metadata={"of": "top-up", "all": "yes"}, **by)
    made = world.send(a, b, "30", **written("transfer")).transfer
    refunds.make(
        transfer_id=made.pk,
        amount=usd(4),
        reason="for refund",
        external_id="id-refund",
        metadata={"of": "refund", "all": "yes"},
        **by,
    )
    authorized = world.authorize(a, b, "20", **written("authorized")).transfer
    for _ in range(2):
        transfers.capture(transfer_id=authorized.pk, amount=usd(5), **by)
    world.capture(world.hold(a, "10", description="of the hold", metadata={"of": "hold"}).hold, b, "10", **written("capture"))
    convert(world, a, euros, usd(10), **written("conversion"))
    item = NewTransfer(source_id=b.pk, target_id=a.pk, amount=usd(1), **written("batch"))
    batches.make(items=[item], is_atomic=True, **by)
    return world, a, b


def found(wallet, **filters):
    entries = list(transactions.of_wallet(wallet, **filters).order_by("id"))
    return transactions.read(entries, wallet=wallet)


ALL = ["top-up", "transfer", "refund", "authorized", "authorized", "capture", "conversion", "batch"]


def test_no_journal_says_what_somebody_wrote(busy):
    assert {journal.description for journal in Journal.objects.all()} == {"", "Simulated payment from outside"}
    assert [journal.pk for journal in Journal.objects.exclude(metadata={})] == []


def test_transactions_say_what_was_written_of_what_caused_them(busy):
    _, a, _ = busy
    shown = [(one.external_id, one.description, dict(one.metadata)) for one in found(a)]
    assert shown[0] == ("", "Simulated payment from outside", {})
    assert shown[1] == ("id-top-up", "Simulated payment from outside", {"of": "top-up", "all": "yes"})
    assert shown[2:] == [(f"id-{name}", f"for {name}", {"of": name, "all": "yes"}) for name in ALL[1:]]


def test_transactions_are_found_by_what_was_noted_on_what_caused_them(busy):
    world, a, b = busy
    for name in ALL:
        assert [one.external_id for one in found(a, metadata={"of": name})] == [f"id-{name}"] * ALL.count(name)
    assert [one.external_id for one in found(a, metadata={"all": "yes"})] == [f"id-{name}" for name in ALL]
    assert found(a, metadata={"of": "transfer", "all": "no"}) == found(a, metadata={"of": "hold"}) == []
    assert [one.external_id for one in found(a, metadata={"all": "yes"}, type="CAPTURE")] == [
        f"id-{name}" for name in ("authorized", "authorized", "capture")
    ]
    assert [one.external_id for one in found(b, metadata={"of": "refund"})] == ["id-refund"]
    assert found(b, metadata={"of": "conversion"}) == found(world.wallet("1"), metadata={"all": "yes"}) == []


def test_what_the_platform_booked_itself_says_what_its_journal_says(busy):
    _, a, b = busy
    legs = [Leg(a.account_id, "DEBIT", usd(1)), Leg(b.account_id, "CREDIT", usd(1))]
    book = a.account.book_id
    posted = journals.post(
        book_id=book, legs=legs, kind="manual", description="Put right", metadata={"maker": "usr_1"}, actor=STAFF
    )
    (one,) = found(a, metadata={"maker": "usr_1"})
    assert (one.journal.pk, one.words, one.type) == (posted.journal_id, Words("", "Put right", {"maker": "usr_1"}), "OTHER")


def test_words_are_read_with_one_query_per_kind_of_cause(busy):
    world, a, b = busy

    def queries(entries):
        with CaptureQueriesContext(connection) as captured:
            transactions.read(entries, wallet=a)
        return len(captured.captured_queries)

    few = list(transactions.of_wallet(a).order_by("id"))
    for _ in range(5):
        world.send(a, b, "1", description="more")
    many = list(transactions.of_wallet(a).order_by("id"))
    assert len(many) == len(few) + 5
    assert queries(few) == queries(many) == 6  # legs, their accounts; transfers, top-ups, conversions, refunds


def test_words_that_were_emptied_are_shown_nowhere(busy):
    _, a, _ = busy
    journal = found(a, external_id="id-transfer")[0].journal
    Transfer.objects.filter(pk=Transfer.key(journal.cause)).update(description="", metadata={})
    assert words.of([journal]) == {journal.pk: Words("id-transfer", "", {})}
