"""A rule that is ready: read, checked and compiled once, for live use, for backtests and for people.

::

    rule = engine.compile_rule({"op": "ge", "left": {"fact": "amount"}, "right": {"value": …}}, registry.find("payments.payment"))
    sheet = rule.vocabulary.sheet({"amount": …, "at": …})
    rule.decide(sheet)       True, False, or None where the facts do not suffice to tell
    rule.explain(sheet)      the same answer, and why
    rule.query().hits(…)     the same answer for everything that there was
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import orjson

from flowlet.rules import closures, explaining, parsing, sql, tree, wording
from flowlet.rules.explaining import Explanation
from flowlet.rules.vocabulary import Facts, Vocabulary


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One condition over one vocabulary. ``decide`` is the compiled function itself: nothing stands between it and its caller."""

    vocabulary: Vocabulary
    condition: tree.Condition
    decide: Callable[[Facts], bool | None]

    def explain(self, facts: Facts) -> Explanation:
        """The answer with its reasons. Windows that ``decide`` could leave out are counted here."""
        return self._explain(facts)

    @cached_property
    def _explain(self) -> explaining.Explain:
        return explaining.compiled(self.condition)

    def query(self, *, prefix: str = "") -> sql.Query:
        """The rule as SQL, with the named lists as they are now. Raises RuleTooLarge when one of them is too long for that.

        ``prefix`` begins the names of its parameters, where two rules stand in one statement.
        """
        return sql.compiled(self.condition, self.vocabulary, prefix=prefix)

    @property
    def cost(self) -> int:
        """What an evaluation costs at most, a plain fact costing 1."""
        return parsing.cost(self.condition)

    @property
    def words(self) -> str:
        """The rule in plain words."""
        return wording.condition(self.condition)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The rule's JSON in its one form."""
        return tree.to_json(self.condition)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of vocabulary and document: two rules with one digest are one rule."""
        return digest_of(self.vocabulary.name, self.document)


def compile_rule(document: Mapping[str, Any], vocabulary: Vocabulary) -> Rule:
    """The rule of a JSON document. Raises as ``parsing.parse`` does."""
    condition = parsing.parse(document, vocabulary)
    return Rule(vocabulary=vocabulary, condition=condition, decide=closures.compiled(condition))


def digest_of(vocabulary: str, document: Mapping[str, Any]) -> str:
    """The digest of the rule with this document in its one form."""
    content = {"vocabulary": vocabulary, "condition": document}
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
