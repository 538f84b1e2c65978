"""The one AdminSite: second factor required, a menu by job, a home page of work and health."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, get_script_prefix, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from unfold.sites import UnfoldAdminSite

from flowlet.audit.services import log
from flowlet.backoffice import find, home, permissions, sessions, signin
from flowlet.backoffice.actors import actor_of
from flowlet.core import clock

SECTIONS = ("Work", "Money", "People", "Books", "Evidence", "Settings")
# Alpine evaluates expressions and the theme sets styles; nothing is loaded from elsewhere and no inline script runs.
CSP = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}


class BackOffice(UnfoldAdminSite):
    """Where officers work. Only verified staff get in."""

    index_title = "Home"
    index_template = "backoffice/home.html"
    enable_nav_sidebar = True
    _menu_known: tuple[tuple[Any, ...], list[tuple[Any, str]]] = ((), [])  # what it is made of, and the menu

    def has_permission(self, request: HttpRequest) -> bool:
        """Active staff whose second factor was checked in this session."""
        user = request.user
        return bool(user.is_active and user.is_staff and user.is_verified())

    def get_urls(self) -> list[URLPattern]:
        """Ours before the theme's."""
        ours = [
            path("login/code/", self.login_code, name="login_code"),
            path("find/", self.admin_view(self.find), name="find"),
            path("stay/", self.admin_view(self.stay), name="stay"),
        ]
        return ours + super().get_urls()

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As the stock one, with the theme's allowances in the content policy."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return self.with_policy(inner(request, *args, **kwargs))

        for name in ("__name__", "__doc__", "__module__", "csrf_exempt", "model_admin"):
            if hasattr(inner, name):
                setattr(guarded, name, getattr(inner, name))
        # CSRF is checked by the stock wrapper too; the middleware alone would do.
        return guarded

    @staticmethod
    def with_policy(response: HttpResponse) -> HttpResponse:
        """The answer with the theme's allowances."""
        response._csp_update = CSP
        return response

    # Signing in

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Step one: password."""
        response = self.with_policy(signin.password_step(self, request))
        add_never_cache_headers(response)
        return response

    def login_code(self, request: HttpRequest) -> HttpResponse:
        """Step two: code."""
        response = self.with_policy(signin.code_step(self, request))
        add_never_cache_headers(response)
        return response

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One's own password; that it was changed is in the audit."""
        with transaction.atomic():
            response = super().password_change(request, extra_context)
            if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
                actor = actor_of(request)
                log.record(action="user.password_changed", actor=actor, at=clock.now(), target=actor.id)
        return response

    # Pages

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """As the theme's, with when the sign-in ends."""
        return {**super().each_context(request), "fl_sign_in": sessions.left(request, clock.now())}

    def stay(self, request: HttpRequest) -> HttpResponse:
        """Any request keeps one signed in; this one does nothing else, and says for how long."""
        return JsonResponse(sessions.left(request, clock.now()))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The first page: work that waits and the state of the platform."""
        request.current_app = self.name
        context = {
            **self.each_context(request),
            "title": self.index_title,
            "areas": home.shown_to(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.index_template, context)

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Nobody thinks in apps: back to the first page."""
        return HttpResponseRedirect(reverse("admin:index"))

    def find(self, request: HttpRequest) -> HttpResponse:
        """Go straight to the row with the public id, or list what was found under the words."""
        term = request.GET.get("q", "").strip()
        url = find.jump(self, request, term)
        if url:
            return HttpResponseRedirect(url)
        context = {**self.each_context(request), "title": "Find", "term": term, "found": find.rows(self, request, term)}
        request.current_app = self.name
        return TemplateResponse(request, "backoffice/find.html", context)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The command palette: pages by name, rows by id. Nothing found is kept in a cache."""
        return find.palette(self, request)

    def audit_url(self, request: HttpRequest, target: str) -> str:
        """The list of audit records about a public id, or "" for people who may not read it and where there is none."""
        for model, model_admin in self._registry.items():
            if model._meta.label == settings.BACKOFFICE_AUDIT_MODEL:
                if not target or not permissions.allows(request.user, model_admin.permission):
                    return ""
                try:
                    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
                except NoReverseMatch:
                    return ""
                return f"{url}?{urlencode({'q': target})}"
        return ""

    # The menu

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """The theme's list of everything, made where somebody looks into it: pages have the menu below instead."""
        return SimpleLazyObject(lambda: super(BackOffice, self).get_app_list(request, app_label))

    def _menu(self) -> list[tuple[Any, str]]:
        """The lists of the menu with their addresses, in order; put together once, as every page shows it."""
        made_of, menu = self._menu_known
        if made_of != (now := (*self._registry.values(), settings.ROOT_URLCONF, get_script_prefix())):
            items = sorted(
                (found for found in self._registry.values() if getattr(found, "in_menu", False)),
                key=lambda admin: (admin.menu_order, admin.title),
            )
            menu = [(found, reverse(f"admin:{found.opts.app_label}_{found.opts.model_name}_changelist")) for found in items]
            self._menu_known = now, menu
        return menu

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The lists this person may open, grouped by job."""
        groups: dict[str, list[dict[str, Any]]] = {section: [] for section in SECTIONS}
        for found, url in self._menu():
            if permissions.allows(request.user, found.permission):
                groups.setdefault(found.section, []).append(
                    {
                        "title": found.title,
                        "icon": found.icon,
                        "link": url,
                        "has_permission": True,
                        "active": request.path.startswith(url),
                    }
                )
        home_item = {
            "title": "Home",
            "icon": "home",
            "link": reverse("admin:index"),
            "has_permission": True,
            "active": request.path == reverse("admin:index"),
        }
        return [{"title": "", "items": [home_item]}] + [
            {"title": section, "separator": False, "collapsible": False, "items": found}
            for section, found in groups.items()
            if found
        ]


site = BackOffice("admin")
