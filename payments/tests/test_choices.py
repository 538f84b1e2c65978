"""Vocabularies: the colours belong to the choices."""

from enum import EnumType

import pytest
from django.db.models import TextChoices

from payments import choices
from payments.choices import DayStatus, InboundStatus

COLOURED = [found for name in choices.__all__ if hasattr(found := getattr(choices, name), "tone")]


@pytest.mark.parametrize("vocabulary", COLOURED, ids=lambda found: found.__name__)
def test_colours_tell_the_choices_of_a_vocabulary_apart(vocabulary: EnumType) -> None:
    assert issubclass(vocabulary, TextChoices)
    assert len({choice.tone for choice in vocabulary}) > 1


def test_a_closed_day_is_good_and_an_event_given_up_is_bad() -> None:
    assert {day.value: day.tone for day in DayStatus} == {"OPEN": "info", "CLOSED": "good", "REOPENED": "warn"}
    assert {event.value: event.tone for event in InboundStatus} == {
        "RECEIVED": "info",
        "HANDLED": "good",
        "IGNORED": "neutral",
        "DEAD": "bad",
    }
