"""Stored rules: sets, versions, backtests."""

from flowlet.rules.models.backtest import Backtest
from flowlet.rules.models.rule import RuleSet, RuleVersion

__all__ = ["Backtest", "RuleSet", "RuleVersion"]
