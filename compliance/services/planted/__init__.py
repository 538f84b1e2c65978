"""Launderers and decoys planted into a sandbox, with the truth about them, so that monitoring can be scored.

``planter`` lays movements down, ``cash``, ``flows``, ``habits`` and ``places`` say what each shipped scenario should find and what it
should leave, ``generating`` plants all of it and answers who is what, ``scoring`` holds what the rules find against that.
"""

from typing import Final

from compliance.services.planted import cash, flows, habits, places
from compliance.services.planted.planter import Planter, Scenarios

SCENARIOS: Final[Scenarios] = {**cash.SCENARIOS, **flows.SCENARIOS, **habits.SCENARIOS, **places.SCENARIOS}

__all__ = ["SCENARIOS", "Planter"]
