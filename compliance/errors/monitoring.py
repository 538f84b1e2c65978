"""Refusals of monitoring."""

from flowlet.core.errors import Conflict, Invalid


class MonitoringBusy(Conflict):
    """The day is being monitored already."""

    code, title = "monitoring.busy", "The day is being monitored already"


class ParameterOutOfBounds(Invalid):
    """A number of a rule lies where it makes no sense: below what is measured at all, above what can be."""

    code, title = "rule.parameter_out_of_bounds", "The number lies outside of its bounds"
