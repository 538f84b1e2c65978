"""Signing in: password first, then a code from an authenticator app or one of the backup codes.

The two steps are two pages, so that the password never travels back to the browser. Between them the session remembers, for five
minutes and five tries, whose code is awaited; nobody is signed in before the code is right. Wrong passwords lock the pair of
address and account out (axes); wrong codes slow the device down (django-otp) and send the person back to the first page.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import get_user_model, login
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_otp import devices_for_user
from django_otp import login as otp_login
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice
from unfold.widgets import BASE_INPUT_CLASSES

from flowlet.audit.services import log
from flowlet.backoffice import sessions
from flowlet.backoffice.actors import client_ip
from flowlet.core import clock
from flowlet.core.actors import Actor, ActorKind

if TYPE_CHECKING:
    from flowlet.backoffice.sites import BackOffice

PENDING = "signin_pending"
PENDING_FOR = timedelta(minutes=5)
PENDING_TRIES = 5
WHY = {
    "idle": "You were signed out after 15 minutes without activity.",
    "expired": "Your sign-in has ended. Please sign in again.",
    "late": "That took too long. Please start again.",
    "tries": "Too many wrong codes. Please start again.",
}
_INPUT = " ".join(BASE_INPUT_CLASSES)


class PasswordForm(AuthenticationForm):
    """Step one: e-mail address and password, of an active member of staff."""

    error_messages = {
        "invalid_login": "The e-mail address and the password do not match, or this account may not enter the back office.",
        "inactive": "The e-mail address and the password do not match, or this account may not enter the back office.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "E-mail address"
        self.fields["username"].widget = forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username", "class": _INPUT})
        self.fields["password"].widget.attrs["class"] = _INPUT

    def clean_username(self) -> str:
        """Addresses are kept in lower case."""
        return str(self.cleaned_data["username"]).strip().lower()

    def confirm_login_allowed(self, user: Any) -> None:
        """Only active staff; the refusal does not tell which it was."""
        if not user.is_active or not user.is_staff:
            raise ValidationError(self.error_messages["invalid_login"], code="invalid_login")


class CodeForm(forms.Form):
    """Step two: which device, and its code. The device is chosen, never guessed."""

    device = forms.ChoiceField(label="Second factor", widget=forms.RadioSelect)
    code = forms.CharField(
        max_length=32,
        widget=forms.TextInput(
            attrs={
                "autofocus": True,
                "autocomplete": "one-time-code",
                "inputmode": "text",
                "class": _INPUT,
                "spellcheck": "false",
            }
        ),
    )

    def __init__(self, *args: Any, devices: list[Device], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(device.persistent_id, _device_label(device)) for device in devices]
        self.fields["device"].choices = choices
        if choices:
            self.fields["device"].initial = choices[0][0]

    def clean_code(self) -> str:
        """People type codes with spaces."""
        return "".join(str(self.cleaned_data["code"]).split())


def _device_label(device: Device) -> str:
    return "Backup code" if isinstance(device, StaticDevice) else device.name or "Authenticator app"


def _devices(user: Any) -> list[Device]:
    """The person's confirmed devices, authenticator apps first."""
    return sorted(devices_for_user(user), key=lambda device: (isinstance(device, StaticDevice), device.pk))


def _target(request: HttpRequest, wanted: str) -> str:
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and safe else reverse("admin:index")


def _page(site: "BackOffice", request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    request.current_app = site.name
    return TemplateResponse(request, template, {**site.each_context(request), **context}, status=status)


def password_step(site: "BackOffice", request: HttpRequest) -> HttpResponse:
    """The first page. A right password leads to the second; nobody is signed in yet."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if request.method == "GET" and site.has_permission(request):
        return HttpResponseRedirect(_target(request, wanted))
    form = PasswordForm(request, data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        user = form.get_user()
        request.session.cycle_key()
        request.session[PENDING] = {
            "user": str(user.pk),
            "hash": user.get_session_auth_hash(),
            "backend": user.backend,
            "at": clock.now().isoformat(),
            "tries": 0,
            "next": _target(request, wanted),
        }
        return HttpResponseRedirect(reverse("admin:login_code"))
    why = WHY.get(request.GET.get("why", ""), "")
    return _page(site, request, "backoffice/login.html", title="Sign in", form=form, next=wanted, why=why)


def _pending_user(request: HttpRequest, at: datetime) -> Any:
    """The person whose code is awaited, or None when nobody's is, or the five minutes are over."""
    pending = request.session.get(PENDING)
    if not pending or at - datetime.fromisoformat(pending["at"]) > PENDING_FOR:
        return None
    user = get_user_model()._default_manager.filter(pk=pending["user"], is_active=True, is_staff=True).first()
    # A password that was changed in the meantime makes the first step void.
    return user if user is not None and user.get_session_auth_hash() == pending["hash"] else None


def code_step(site: "BackOffice", request: HttpRequest) -> HttpResponse:
    """The second page. A right code signs in."""
    at = clock.now()
    user = _pending_user(request, at)
    if user is None:
        request.session.pop(PENDING, None)
        return HttpResponseRedirect(f"{reverse('admin:login')}?why=late")
    devices = _devices(user)
    form = CodeForm(request.POST if request.method == "POST" else None, devices=devices)
    if request.method == "POST" and form.is_valid():
        device = _verified(user, form)
        pending = request.session[PENDING]
        if device is not None:
            del request.session[PENDING]
            login(request, user, backend=pending["backend"])
            otp_login(request, device)
            sessions.start(request, at)
            kind = "backup code" if isinstance(device, StaticDevice) else "authenticator app"
            _note("staff.signed_in", request, user, at, after={"second_factor": kind})
            return HttpResponseRedirect(_target(request, pending["next"]))
        _note("staff.second_factor_refused", request, user, at)
        pending["tries"] += 1
        request.session[PENDING] = pending
        if pending["tries"] >= PENDING_TRIES:
            del request.session[PENDING]
            return HttpResponseRedirect(f"{reverse('admin:login')}?why=tries")
    return _page(site, request, "backoffice/login_code.html", title="Second factor", form=form, has_device=bool(devices))


def _note(action: str, request: HttpRequest, user: Any, at: datetime, after: dict[str, Any] | None = None) -> None:
    """Keep in the audit who got in, and who knew a password but not the code."""
    actor = Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels, ip=client_ip(request))
    log.record(action=action, actor=actor, at=at, target=user.public_id, after=after)


def _verified(user: Any, form: CodeForm) -> Device | None:
    """The chosen device if its code is right; otherwise the form says what is wrong."""
    with transaction.atomic():
        device = Device.from_persistent_id(form.cleaned_data["device"], for_verify=True)
        if device is None or device.user_id != user.pk or not device.confirmed:
            form.add_error("device", "Please choose one of your devices.")
            return None
        allowed, _ = device.verify_is_allowed()
        if not allowed:
            form.add_error("code", "Too many wrong codes. Please wait a little and try again.")
            return None
        if not device.verify_token(form.cleaned_data["code"]):
            form.add_error("code", "That code is not right, or it was used already.")
            return None
        return device


def locked_out(request: HttpRequest, original_response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """What axes answers while an account is locked for an address."""
    from flowlet.backoffice.sites import site

    response = render(request, "backoffice/locked.html", {**site.each_context(request), "title": "Locked"}, status=429)
    return site.with_policy(response)
