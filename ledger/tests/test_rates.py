"""Rates by hand: one per pair and day, whoever is quicker, and the audit says what that one entered."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from flowlet.audit.models import Record
from flowlet.core import actors, clock
from ledger.models import Rate
from ledger.services import rates

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 1, 5)


def enter(rate, who="one"):
    return rates.enter(base="EUR", quote="USD", rate=Decimal(rate), valid_on=DAY, actor=actors.system(who), at=clock.now())


def test_of_officers_who_enter_the_same_rate_at_once_one_is_told_that_it_is_known():
    start = Barrier(8)

    def try_it(number):
        try:
            start.wait()
            return enter(f"1.{number}", f"officer-{number}").rate
        except rates.RateKnown:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        entered = [rate for rate in pool.map(try_it, range(1, 9)) if rate is not None]
    assert len(entered) == 1
    assert Rate.objects.get().rate == entered[0]
    record = Record.objects.get(action="ledger.rate.entered")
    assert (record.after["rate"], record.actor_id) == (str(entered[0]), f"officer-{str(entered[0])[2]}")


@pytest.mark.parametrize("rate", ["0", "-1", "0.0000000000001", "1.0000000000001", "NaN", "Infinity"])
def test_a_rate_that_cannot_be_kept_as_it_is_is_refused(rate):
    with pytest.raises(rates.MalformedRate):
        enter(rate)
    assert not Rate.objects.exists()
