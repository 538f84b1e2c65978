"""Models."""

from flowlet.decisions.models.verdict import Verdict

__all__ = ["Verdict"]
