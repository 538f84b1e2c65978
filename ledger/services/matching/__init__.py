"""Which of the bank's lines and our entries belong together. Pure: facts in, an ``Outcome`` out; no database, no clock.

The passes run from the strongest evidence to the weakest (``passes``). Each only proposes; ``settling`` accepts a proposal when none
of its items is wanted by another proposal of the same pass and no stronger pass was in doubt about it. So nothing depends on the order
in which lines or entries arrive, and in doubt an item is AMBIGUOUS, with everything it could have belonged to. The cascade is repeated
until it finds nothing more, so that running it again on the rest changes nothing.
"""

from ledger.services.matching.cascade import run
from ledger.services.matching.facts import Fact, Outcome, Part, Proposal, Rules

__all__ = ["Fact", "Outcome", "Part", "Proposal", "Rules", "run"]
