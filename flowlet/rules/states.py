"""How a version of a rule moves: nothing is live that was not tried on the past and watched beside the present."""

from flowlet.rules.choices import RuleStatus

RULE_MOVES = {
    RuleStatus.DRAFT: {RuleStatus.BACKTESTED, RuleStatus.RETIRED},
    RuleStatus.BACKTESTED: {RuleStatus.SHADOW, RuleStatus.RETIRED},
    RuleStatus.SHADOW: {RuleStatus.LIVE, RuleStatus.RETIRED},
    RuleStatus.LIVE: {RuleStatus.RETIRED},
    RuleStatus.RETIRED: set(),
}
