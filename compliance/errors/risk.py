"""Refusals of risk ratings."""

from flowlet.core.errors import Conflict, DomainError, FourEyesRequired, NotFound

__all__ = ["CustomerNotRated", "DiligenceNotFound", "FourEyesRequired", "ModelUnchanged", "OverrideRefused"]


class CustomerNotRated(NotFound):
    """The customer has no rating yet."""

    code, title = "risk.not_rated", "The customer has not been rated"


class OverrideRefused(DomainError):
    """Such an override is not possible."""

    code, title = "risk.override_refused", "The override is not possible"


class ModelUnchanged(Conflict):
    """The model says so already."""

    code, title = "risk_model.unchanged", "The model is the same"


class DiligenceNotFound(NotFound):
    """There is no such due diligence, or no such item in it."""

    code, title = "due_diligence.not_found", "There is no such due diligence"
