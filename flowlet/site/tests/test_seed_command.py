"""seed_demo: side by side, its bars, its refusal in production; what it leaves behind is in ``test_demo``."""

import multiprocessing
import os
import select
import signal
import time
from collections import defaultdict

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Partner
from flowlet.core import clock
from flowlet.decisions import registry
from flowlet.runtime import fixtures
from flowlet.site.demo import seed, side_by_side
from flowlet.site.management.commands.seed_demo import _Bars
from ledger.models import Entry, Journal
from wallets.models import Hold

SCALE = 0.05


@pytest.mark.bulk
@pytest.mark.django_db(transaction=True)
def test_the_demo_is_the_same_whether_the_companies_take_turns_or_go_side_by_side():
    at = clock.now()
    seen = []
    for processes in (False, True):
        told = []
        seed.run(scale=SCALE, at=at, processes=processes, progress=lambda *step, told=told: told.append(step))
        seen.append(_what_happened())
        fixtures._renew()
        phases = list(dict.fromkeys(phase for phase, _, _ in told))
        assert phases[:2] == ["customers", "journals"]
        for phase in phases[:2]:
            totals = [total for name, _, total in told if name == phase]
            assert sum(done for name, done, _ in told if name == phase) == totals[-1]
    alone, together = seen
    assert len(alone) > 500
    assert alone == together


def _what_happened():
    """Every journal by company, kind, day, description and legs; how every hold ended."""
    legs = defaultdict(list)
    for key, side, amount, currency in Entry.objects.values_list("journal_id", "side", "amount", "currency"):
        legs[key].append((side, amount, currency))
    rows = Journal.objects.values_list("id", "book__partner__name", "kind", "effective_on", "description")
    holds = Hold.objects.values_list("partner__name", "amount", "currency", "status", "captured", "created_at", "ended_at")
    return sorted((*rest, sorted(legs[key])) for key, *rest in rows) + sorted(holds, key=str)


def test_the_demo_gives_whoever_decides_time_so_that_a_busy_machine_tells_the_same(monkeypatch):
    class Begun(Exception):
        pass

    def hurry():
        raise Begun(registry.seconds(10))

    monkeypatch.setattr(registry, "_patience", 1)
    monkeypatch.setattr(seed, "_hurry", hurry)
    with pytest.raises(Begun) as begun:
        seed.run(scale=SCALE)
    assert begun.value.args == (1.0,)
    assert registry.seconds(10) == 0.01


@pytest.mark.parametrize("deaf", [False, True])
def test_a_story_that_breaks_ends_the_others_and_says_why(deaf):
    class Broken:
        def meet(self, tick):
            tick("customers", 1)
            raise LookupError("no such place")

    class Endless:
        def meet(self, tick):
            if deaf:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
            while True:
                time.sleep(0.1)

    ticks = []
    began = time.monotonic()
    ours = signal.signal(signal.SIGTERM, lambda *_: None)  # as a program has it that ends in order
    try:
        with pytest.raises(side_by_side.StoryBroke, match="no such place"):
            side_by_side.tell([Endless(), Broken()], first=lambda: None, tick=lambda *step: ticks.append(step))
    finally:
        signal.signal(signal.SIGTERM, ours)
    assert ticks == [("customers", 1)]
    assert time.monotonic() - began < 30
    assert multiprocessing.active_children() == []


def test_the_bar_is_drawn_on_a_terminal_that_says_it_has_no_room(monkeypatch):
    ours, theirs = os.openpty()  # of no columns and no lines
    with open(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        with _Bars() as bars:
            bars("journals", 1, 2)
        terminal.flush()
        drawn = b""
        while b"journals:  50%" not in drawn:  # a terminal hands on what it got when it likes
            assert select.select([ours], [], [], 30)[0], drawn
            drawn += os.read(ours, 10_000)
    os.close(ours)


@pytest.mark.django_db
def test_the_command_refuses_in_production(settings):
    settings.ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="not in production"):
        call_command("seed_demo")
    assert not Partner.objects.exists()
