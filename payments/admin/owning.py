"""The buttons with which somebody takes what is left to be done by hand, or hands it over."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms

from accounts.models import User
from accounts.roles import roles_with
from flowlet.backoffice import Transition, TransitionForm
from flowlet.core.actors import Actor

OFFERED = 200


def transitions(service: Any, *, permission: str, subject: str, policy: Callable[[Any, Actor], None]) -> tuple[Transition, ...]:
    """Take and hand over: ``service`` is the module with both."""

    class OwnerForm(TransitionForm):
        """Who looks after it."""

        owner = forms.ChoiceField()

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            able = User.objects.filter(is_active=True, is_staff=True, roles__overlap=roles_with(permission))
            self.fields["owner"].choices = [
                (str(user.pk), f"{user.name}, {user.email}") for user in able.order_by("name", "email")[:OFFERED]
            ]

    def hand_over(*, owner: str, actor: Actor, at: datetime, **row: Any) -> Any:
        return service.hand_over(**row, owner=User.objects.get(pk=owner), actor=actor, at=at)

    shared = {"permission": permission, "subject": subject, "policy": policy}
    return (
        Transition(name="take", label="Take", key="t", service=service.take, done="It is yours now.", **shared),
        Transition(name="hand_over", label="Hand over", key="h", form=OwnerForm, service=hand_over, **shared),
    )
