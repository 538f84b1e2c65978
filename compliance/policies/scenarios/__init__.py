"""The scenarios that come with the platform, as files of rules: officers take them in as drafts and change them there.

Three sets: ``compliance.activity`` is asked about each activity of a day, ``compliance.patterns`` about what the day's run measured around
each customer, ``compliance.gate`` about a payment before money leaves. An effect says the scenario of the field's library (R01 to R25),
how urgent its alert is, and at the gate what becomes of the payment. A threshold that is nearly reached is evidence for an officer and
nothing more: no scenario files a report.
"""

from compliance.policies.scenarios.sets import ACTIVITY, GATE, PATTERNS, SETS
from compliance.policies.scenarios.shipped import files

# Under this name verdicts record what the set ``compliance.gate`` said.
DECIDER = "compliance.monitoring"

__all__ = ["ACTIVITY", "DECIDER", "GATE", "PATTERNS", "SETS", "files"]
