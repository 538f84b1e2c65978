"""The verdict port: a lower app asks, upper apps have registered who answers, and the worst opinion wins.

The asker declares a point and the facts it hands over (``registry.point``), and calls ``services.decisions.decide``. Upper apps
register deciders for the point (``registry.decider``). Which deciders may not be missing stands in ``DECISIONS_REQUIRED``.
"""
