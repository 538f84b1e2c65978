"""The shipped scenarios as drafts of rules; from there they go the way of all rules, by two people."""

from datetime import datetime

import orjson
from django.db import transaction

from compliance.policies import scenarios
from flowlet.core.actors import Actor
from flowlet.rules.models import RuleVersion
from flowlet.rules.services import files


@transaction.atomic
def draft_shipped(*, actor: Actor, at: datetime) -> tuple[list[RuleVersion], int]:
    """Drafts of the shipped scenarios that say something new; answers them, and how many say what they said.

    Raises what reading a rule raises.
    """
    made, same = [], 0
    for document in scenarios.files():
        new, unchanged = files.take(content=orjson.dumps(document), actor=actor, at=at)
        made += new
        same += unchanged
    return made, same
