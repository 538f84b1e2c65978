"""Risk models: every one that was in force, and another by two people."""

from typing import Any

from django import forms

from accounts.selectors import staff
from compliance.choices import RiskBand
from compliance.models import RiskModelVersion
from compliance.policies import risk_model
from compliance.policies.risk_model import FACTORS, RiskModel
from compliance.services import risk_models
from flowlet.approvals.models import Approval
from flowlet.backoffice import ReferenceAdmin, Transition, TransitionForm, cells, panels, site

LIMITS = (RiskBand.MEDIUM, RiskBand.HIGH, RiskBand.PROHIBITED)


class WeightsField(forms.CharField):
    """One value a line: value; points; the band it lifts to at least, or nothing."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> dict[str, list[Any]]:
        """The weights; whether all values are there is for the model to say."""
        found: dict[str, list[Any]] = {}
        for number, line in enumerate((super().to_python(value) or "").splitlines(), 1):
            if not line.strip():
                continue
            name, _, rest = line.partition(";")
            points, _, floor = (part.strip() for part in rest.partition(";"))
            if not points.isdecimal() or name.strip() in found:
                raise forms.ValidationError(f"Line {number}: each value once, with whole points, such as HIGH; 40; HIGH.")
            found[name.strip()] = [int(points), floor]
        return found


class ModelForm(TransitionForm):
    """All of a model; what is in force stands there at first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = risk_models.in_force().content
        for factor, (title, values) in FACTORS.items():
            help_text = "; ".join(f"{value}: {label}" for value, label in values.items())
            lines = (f"{value}; {points}; {floor}".rstrip("; ") for value, (points, floor) in now["factors"][factor].items())
            self.fields[factor] = WeightsField(label=title, help_text=help_text, initial="\n".join(lines))
            self.fields[factor].widget.attrs["rows"] = len(values)
        for band in LIMITS:
            self.fields[band] = forms.IntegerField(label=f"{band.label} from", initial=now["bands"][band], min_value=1)
        for name, label in (("busy_payments", "Many payments, from"), ("returned_payments", "Several returned, from")):
            self.fields[name] = forms.IntegerField(label=label, initial=now[name], min_value=1)

    def clean(self) -> dict[str, Any]:
        """As the content of a model."""
        data = super().clean()
        if self.errors:
            return data
        content = {
            "factors": {factor: data[factor] for factor in FACTORS},
            "bands": {band.value: data[band] for band in LIMITS},
            **{name: data[name] for name in ("busy_payments", "returned_payments")},
        }
        return {"content": content, **({"reason": data["reason"]} if "reason" in data else {})}


def weights(row: RiskModelVersion) -> list[tuple]:
    """Every value with its points."""
    return [
        (title, label, row.content["factors"][factor][value][0], RiskBand(floor).label if floor else cells.DASH)
        for factor, (title, values) in FACTORS.items()
        for value, label in values.items()
        for floor in [row.content["factors"][factor][value][1]]
    ]


def facts(row: RiskModelVersion) -> list[tuple[str, Any]]:
    """What it is and who wanted it."""
    people = staff.behind([row.asked_by, row.approved_by])
    return [
        ("Number", row.number),
        ("In force since", row.created_at),
        ("Why", row.reason),
        ("Asked for by", cells.actor(row.asked_by, people.get(row.asked_by))),
        ("Approved by", cells.actor(row.approved_by, people.get(row.approved_by))),
        ("Approved as", cells.link(Approval(pk=row.approval_id), Approval(pk=row.approval_id).public_id)),
        *((f"{band.label} from", row.content["bands"][band]) for band in LIMITS),
        ("Digest", cells.code(row.digest)),
    ]


def differences(row: RiskModelVersion) -> list[tuple]:
    """From the one before."""
    now = RiskModel(row.number, row.content)
    return [(text,) for text in risk_model.differences(risk_models.numbered(row.number - 1), now)]


class RiskModelVersionAdmin(ReferenceAdmin):
    """One model."""

    section, icon, menu_order, menu_title = "Settings", "tune", 47, "Risk models"
    thing, things = "risk model", "risk models"
    view_permission = "compliance.view_risk"
    list_display = ("public_id", "number", "created_at", "reason")
    figures = ("number",)
    panels = (
        panels.Facts(title="Model", rows=facts),
        panels.Table(title="Difference from the one before", columns=("What",), rows=differences),
        panels.Table(title="Weights", columns=("Factor", "Value", "Points", "At least"), figures=("Points",), rows=weights),
        panels.History(),
    )
    transitions = (
        Transition(
            name="request",
            label="Ask for another model",
            key="n",
            scope="list",
            permission="compliance.request_risk_model",
            form=ModelForm,
            service=risk_models.request_change,
            reason_required=True,
            done="Asked for. Another person has to approve it under Approvals; then everybody is rated by it.",
        ),
    )

    def title_of(self, obj: RiskModelVersion) -> str:
        """Its number."""
        return f"Model {obj.number}"


site.register(RiskModelVersion, RiskModelVersionAdmin)
