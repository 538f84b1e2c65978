"""The real updates of OFAC's list over generated customers: exactly the affected are alerted, once; what was cleared stays so.

``FLOWLET_RESCREEN_CUSTOMERS=5000`` makes so many customers and shows what each step takes.
"""

import os
import random
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from accounts.models import Customer
from accounts.services import customers
from benchmarks import screening_queries
from compliance import events
from compliance.choices import HitState
from compliance.models import Alert, Hit, ScreeningSubject
from compliance.policies.screening.profiles import material_of
from compliance.providers.watchlists import formats
from compliance.providers.watchlists.entries import EntryKind
from compliance.selectors import watchlists
from compliance.services import screening, screening_hits, screening_runs, screening_subjects, standing_index, watchlist_imports
from flowlet.core import actors
from flowlet.core.actors import Actor, ActorKind
from flowlet.events.models import Event
from wallets.tests.conftest import new_partner

pytestmark = [pytest.mark.django_db, pytest.mark.bulk]
COUNT = int(os.environ.get("FLOWLET_RESCREEN_CUSTOMERS", "200"))
PLANTED = 10
ROBOT = actors.system("tests")
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FOUND = formats.named("ofac-sdn")


def show(text):
    """On the screen with -s."""
    sys.stdout.write(f"{text}\n")


def timed(what, work):
    began = time.monotonic()
    found = work()
    show(f"{what}: {time.monotonic() - began:.1f} s")
    return found


def bring_in(folder, place):
    plan = watchlist_imports.examine(code="ofac-sdn", files=formats.load(FOUND, folder))
    at = AT + timedelta(days=place)
    return watchlist_imports.bring_in(
        code="ofac-sdn", files=formats.load(FOUND, folder), plan=plan, actor=ROBOT, at=at
    ), plan.after


def make(partner, names):
    for start in range(0, len(names), 500):
        with transaction.atomic():
            for name in names[start : start + 500]:
                customers.create(partner_id=partner.pk, kind="PERSON", name=name, country="DE", actor=ROBOT, at=AT)


def listed_people(before, after, seed):
    """Names of people whom ``after`` has and ``before`` has not."""
    new = sorted(one for one in after if one not in before and after[one].kind == EntryKind.PERSON)
    return [after[one].names[0].text for one in random.Random(seed).sample(new, PLANTED)]


def everything(standing):
    """What a screening of everybody against everything finds."""
    rows = ScreeningSubject.objects.order_by("pk")
    profiles = screening_subjects.profiles_of(rows)
    return {(row.pk, hit.entry_id) for row in rows for hit in screening.hits_of(standing.index, profiles[row.pk])}


def kept():
    return set(Hit.objects.filter(state=HitState.OPEN).values_list("subject_id", "entry"))


def opened():
    return Event.objects.filter(type=events.HIT_OPENED).count()


def test_real_updates_alert_exactly_the_affected_of_generated_customers_once(reference_data):
    folders = [reference_data / "ofac" / name for name in ("2019-01", "2022-01", "2023-01_sdn", "2026-02_alt")]
    read = [{entry.id: entry for entry in formats.read(FOUND, formats.load(FOUND, folder)).entries} for folder in folders[:3]]
    names = [*listed_people({}, read[0], 1), *listed_people(read[0], read[1], 2), *listed_people(read[1], read[2], 3)]
    invented = screening_queries.invented(list(read[1].values()), COUNT - len(names), 4)
    names += [one.name for one in invented]
    timed("customers", lambda: make(new_partner(), names))
    version, _ = bring_in(folders[0], 0)
    timed("index", standing_index.current)
    timed("everybody", lambda: screening_runs.look_back(actor=ROBOT, at=AT))
    assert (ScreeningSubject.objects.count(), kept()) == (len(names), everything(standing_index.current()))
    assert screening_runs.after_change(version=version, actor=ROBOT, at=AT).found == 0
    for place, folder in enumerate(folders[1:], start=1):
        before, told, alerts = watchlists.by_id(version), opened(), Alert.objects.count()
        known, at = kept(), AT + timedelta(days=place)
        version, _ = bring_in(folder, place)
        standing = timed("index", standing_index.current)
        run = timed(folder.name, lambda version=version, at=at: screening_runs.after_change(version=version, actor=ROBOT, at=at))
        after = standing.index.entries
        changed = {one for one in after if one not in before or material_of(after[one]) != material_of(before[one])}
        affected = {pair for pair in everything(standing) if pair[1] in changed}
        show(
            f"{folder.name}: {len(changed)} of {len(after)} entries, {run.screened} of {COUNT} screened, {run.found} found, {run.lapsed} lapsed"
        )
        assert {pair for pair in kept() if pair[1] in changed} == affected
        assert (run.found + run.reopened, opened() - told) == (len(affected - known),) * 2
        assert Alert.objects.count() - alerts <= run.found
        assert run.screened < COUNT
        assert screening_runs.after_change(version=version, actor=ROBOT, at=at) == run
        assert opened() - told == len(affected - known)
    found = set(Hit.objects.values_list("subject__customer_id", flat=True))
    planted = set(Customer.objects.order_by("pk").values_list("pk", flat=True)[: 3 * PLANTED])
    assert planted <= found


def test_a_clearing_outlives_real_updates_that_leave_the_entry_as_it_is_and_ends_with_those_that_do_not(reference_data):
    folders = [reference_data / "ofac" / name for name in ("2022-01", "2023-01_sdn", "2026-02_alt")]
    read = [{entry.id: entry for entry in formats.read(FOUND, formats.load(FOUND, folder)).entries} for folder in folders[:2]]
    _, first = bring_in(folders[0], 0)
    partner = new_partner()
    people = sorted(one for one, entry in first.items() if one in read[1] and entry.kind == EntryKind.PERSON)
    chosen = random.Random(5).sample(people, 40)
    make(partner, [first[one].names[0].text for one in chosen])
    screening_runs.look_back(actor=ROBOT, at=AT)
    maker, checker = (Actor(kind=ActorKind.STAFF, id=name) for name in ("usr_a", "usr_b"))
    for hit in Hit.objects.order_by("pk"):
        row = screening_hits.locked(hit.pk)
        screening_hits.decide([row], HitState.CLEARED, reason="another", decided_by=str(maker), actor=checker, at=AT)
    cleared = set(Hit.objects.values_list("entry", flat=True))
    assert set(chosen) <= cleared
    changed = set()
    for place, folder in enumerate(folders[1:], start=1):
        before = watchlists.by_id(watchlists.in_force("ofac-sdn"))
        version, after = bring_in(folder, place)
        changed |= {one for one in cleared if one in after and material_of(after[one]) != material_of(before[one])}
        screening_runs.after_change(version=version, actor=ROBOT, at=AT + timedelta(days=place))
    reopened = set(Hit.objects.filter(state=HitState.OPEN, opened=2).values_list("entry", flat=True))
    show(f"{len(cleared)} entries cleared, {len(changed)} changed materially, {len(reopened)} open again")
    assert 0 < len(changed) < len(cleared)
    assert reopened <= changed
    assert set(Hit.objects.filter(entry__in=cleared - changed).values_list("state", flat=True)) == {HitState.CLEARED}
