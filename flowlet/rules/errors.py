"""Refusals of the app. ``param`` is the path of the offending place in the rule's JSON: ``$.and[1].right.value``."""

from flowlet.core.errors import Conflict, Invalid, NotFound


class MalformedRule(Invalid):
    """A part of the rule has the wrong form."""

    code, title = "rule.malformed", "The rule has the wrong form"


class UnknownName(Invalid):
    """The rule names a fact, a field, a source or a list that the vocabulary does not declare."""

    code, title = "rule.unknown_name", "The rule names something that is not declared"


class WrongType(Invalid):
    """Two things are compared, or an operator is used, that the types do not allow."""

    code, title = "rule.wrong_type", "The types in the rule do not go together"


class WrongUnit(Invalid):
    """The unit or the currency of a threshold is not that of what it is compared with."""

    code, title = "rule.wrong_unit", "The units in the rule do not go together"


class RuleTooLarge(Invalid):
    """The rule is too deep, has too many parts, or a list or a text in it is too long."""

    code, title = "rule.too_large", "The rule is too large"


class RuleTooCostly(Invalid):
    """To evaluate the rule would cost too much: too many windows."""

    code, title = "rule.too_costly", "The rule costs too much to evaluate"


class MalformedFact(Invalid):
    """A fact that was handed in is not declared, or not of the declared type. ``param`` is its name."""

    code, title = "rule.malformed_fact", "A fact does not have the declared type"


class NoSuchRule(NotFound):
    """There is no such rule, or no such set."""

    code, title = "rule.not_found", "There is no such rule"


class RuleUnchanged(Conflict):
    """The newest version says the same."""

    code, title = "rule.unchanged", "The newest version of the rule says the same"
