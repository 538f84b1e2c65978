"""Transport, cookies and headers.

Production speaks HTTPS only (TLS ends at a proxy; ``FLOWLET_TRUSTED_PROXIES`` says how many stand in front). The demo and tests speak
plain HTTP on this machine, where a browser would not accept ``__Host-`` cookies.
"""

from typing import Any

YEAR_SECONDS = 365 * 24 * 3600


def security_settings(*, production: bool, trusted_proxies: int) -> dict[str, Any]:
    """The settings, complete for one kind of environment."""
    common: dict[str, Any] = {
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
    }
    if not production:
        return common
    return {
        **common,
        "SECURE_SSL_REDIRECT": True,
        # Asked by machines inside the network, over plain HTTP.
        "SECURE_REDIRECT_EXEMPT": [r"^healthz$", r"^readyz$", r"^metrics$"],
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if trusted_proxies else None,
        "SECURE_HSTS_SECONDS": YEAR_SECONDS,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_HSTS_PRELOAD": True,
        # The prefix makes browsers refuse the cookie unless it is Secure, for "/" and for this host alone (RFC 6265bis §4.1.3.2).
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "CSRF_COOKIE_SECURE": True,
    }


def static_settings(*, test: bool) -> dict[str, Any]:
    """Static files: hashed names and compressed twins, served by WhiteNoise; tests serve them where they lie."""
    default = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    if test:
        plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        return {
            "STORAGES": {"default": default, "staticfiles": plain},
            "WHITENOISE_USE_FINDERS": True,
            "WHITENOISE_AUTOREFRESH": True,
        }
    hashed = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    return {"STORAGES": {"default": default, "staticfiles": hashed}, "WHITENOISE_KEEP_ONLY_HASHED_FILES": False}
