"""Flowlet's settings, all from the environment.

``FLOWLET_ENV`` is ``production`` (the default), ``demo`` or ``test``. Nothing secret has a default: a missing variable stops the
start with an error that names it. ``docs/guides/operations.md`` lists every variable.
"""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from flowlet.settings import environment as env
from flowlet.settings.api import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401
from flowlet.settings.backoffice import *  # noqa: F403
from flowlet.settings.compliance import compliance_settings
from flowlet.settings.databases import database
from flowlet.settings.logs import logging_config
from flowlet.settings.open_banking import open_banks
from flowlet.settings.payments import payment_settings
from flowlet.settings.providers import provider_settings
from flowlet.settings.queues import celery_settings
from flowlet.settings.security import security_settings, static_settings

BASE_DIR = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = env.text("FLOWLET_ENV", "production")
if ENVIRONMENT not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(f"FLOWLET_ENV={ENVIRONMENT!r}: use production, demo or test.")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = False

# Secrets
SECRET_KEY = env.long_text("SECRET_KEY", 50)
# "id:base64,id:base64": 32-byte AES keys, the first one seals, all of them open.
ENCRYPTION_KEYS = env.text("FLOWLET_ENCRYPTION_KEYS")
BLIND_INDEX_KEY = env.text("FLOWLET_BLIND_INDEX_KEY")
API_KEY_PEPPER = env.text("FLOWLET_API_KEY_PEPPER")
METRICS_TOKEN = env.text("FLOWLET_METRICS_TOKEN", "")

# Where we are
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
BASE_URL = (
    env.url("FLOWLET_BASE_URL", {"https"})
    if PRODUCTION
    else env.url("FLOWLET_BASE_URL", {"http", "https"}, "http://localhost:8000")
)
TRUSTED_PROXIES = env.number("FLOWLET_TRUSTED_PROXIES", 0)
# Outbound calls go to public addresses over TLS; these hosts may be private and speak plain HTTP (a gateway in our own network).
OUTBOUND_PRIVATE_HOSTS = env.words("FLOWLET_OUTBOUND_PRIVATE_HOSTS")
globals().update(provider_settings())
OPEN_BANKS = open_banks()

# Who compares a payee's name with the bank's, per mode; "" for nobody.
PAYEE_VERIFICATION = {
    "LIVE": env.text("FLOWLET_PAYEE_VERIFICATION", ""),
    "SANDBOX": "payments.providers.payee_verification.Sandbox",
}

# Data
DATABASE_APP_ROLE = env.text("DATABASE_APP_ROLE", "flowlet_app")
DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.url("REDIS_URL", {"redis", "rediss"})
globals().update({f"CELERY_{name.upper()}": value for name, value in celery_settings(redis_url=REDIS_URL).items()})

INSTALLED_APPS = [
    "flowlet.db",
    "flowlet.vault",
    "flowlet.audit",
    "flowlet.events",
    "flowlet.approvals",
    "flowlet.decisions",
    "flowlet.rules",
    "flowlet.api",
    "flowlet.backoffice",
    "accounts",
    "ledger",
    "wallets",
    "payments",
    "compliance",
    "flowlet.site",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "simple_history",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "djmoney",
]

MIDDLEWARE = [
    "flowlet.telemetry.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "flowlet.backoffice.sessions.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "flowlet.urls"
WSGI_APPLICATION = "flowlet.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Formats
# A folder of official ISO 20022 schemas, each named after its message: pain.001.001.09.xsd.
ISO20022_SCHEMAS = env.folder("FLOWLET_ISO20022_SCHEMAS")

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["flowlet.core.passwords.Argon2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Exchange rates: where the day's file of the ECB is fetched ("" for not at all), what customers pay on top where nothing else is set,
# and how old a rate may be that is dealt at. The demo's are made once, so that it may be left alone for a year.
FX_RATES_URL = env.url("FLOWLET_FX_RATES_URL", {"https", "http"}) if env.text("FLOWLET_FX_RATES_URL", "") else ""
FX_SPREAD_BASIS_POINTS = env.number("FLOWLET_FX_SPREAD_BASIS_POINTS", 50)
FX_MAX_AGE_BANK_DAYS = env.number("FLOWLET_FX_MAX_AGE_BANK_DAYS", 260 if ENVIRONMENT == "demo" else 2)

# Verdicts: without whom nothing is decided at a point of flowlet.decisions, such as {"payment.create": ["fraud.score"]}
DECISIONS_REQUIRED: dict[str, list[str]] = {}

# Words, days, files
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("FLOWLET_STATIC_ROOT", str(BASE_DIR / "var" / "static")))
globals().update(static_settings(test=ENVIRONMENT == "test"))

globals().update(security_settings(production=PRODUCTION, trusted_proxies=TRUSTED_PROXIES))
LOGGING = logging_config(json=env.flag("FLOWLET_LOG_JSON", True), level=env.text("FLOWLET_LOG_LEVEL", "INFO"))
globals().update(compliance_settings(base=BASE_DIR, production=PRODUCTION))
globals().update(payment_settings(base=BASE_DIR, production=PRODUCTION, demo=ENVIRONMENT == "demo"))
