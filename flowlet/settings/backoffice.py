"""Settings of the back office: the theme, sign-in, lockout, sessions."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest

# Which model's list is "the audit" that pages link to.
BACKOFFICE_AUDIT_MODEL = "flowlet_audit.Record"

# What a browser may load: our own files and nothing else. The back office widens it for its theme (flowlet.backoffice.sites.CSP).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

OTP_ADMIN_HIDE_SENSITIVE_DATA = True
OTP_TOTP_ISSUER = "Flowlet"

# Five wrong passwords lock the account for the address they came from, for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# The key under which authenticate() is told the address. By default axes would look for "email", find nothing and never lock.
AXES_USERNAME_FORM_FIELD = "username"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "flowlet.backoffice.signin.locked_out"
AXES_CLIENT_IP_CALLABLE = "flowlet.backoffice.actors.client_ip"
AXES_VERBOSE = False

# Rows in the database: a sign-out counts at once in every process, and staff can work while Redis is away.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"


# Days and moments as ISO 8601 writes them, in UTC.
FORMAT_MODULE_PATH = ["flowlet.settings.formats"]


def _static(path: str) -> Any:
    def url(request: "HttpRequest") -> str:
        from django.templatetags.static import static

        return static(path)

    return url


def _environment(request: "HttpRequest") -> list[str] | None:
    from django.conf import settings

    return {"demo": ["Demo", "warning"], "test": ["Test", "info"]}.get(settings.ENVIRONMENT)


def unfold() -> dict[str, Any]:
    """The theme's own dictionary."""
    return {
        "SITE_TITLE": "Flowlet",
        "SITE_HEADER": "Flowlet",
        "SITE_SUBHEADER": "Back office",
        "SITE_SYMBOL": "water_drop",
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _static("backoffice/favicon.svg")}],
        "SITE_URL": None,
        "SHOW_HISTORY": False,
        "SHOW_VIEW_ON_SITE": False,
        "SHOW_BACK_BUTTON": False,
        "ENVIRONMENT": _environment,
        "STYLES": [_static("backoffice/backoffice.css")],
        "SCRIPTS": [_static("backoffice/backoffice.js")],
        "SIDEBAR": {"show_search": True, "command_search": True, "show_all_applications": False, "navigation": []},
        "COLORS": {
            "primary": {
                "50": "oklch(97.5% .016 200)",
                "100": "oklch(94.5% .032 200)",
                "200": "oklch(89% .058 200)",
                "300": "oklch(81% .086 200)",
                "400": "oklch(71% .105 200)",
                "500": "oklch(61% .108 205)",
                "600": "oklch(51.5% .098 210)",
                "700": "oklch(44.5% .084 212)",
                "800": "oklch(38.5% .07 214)",
                "900": "oklch(33% .058 216)",
                "950": "oklch(25% .045 218)",
            }
        },
    }


UNFOLD = unfold()
