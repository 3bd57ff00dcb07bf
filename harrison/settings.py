"""All settings, from the environment only. `.env.example` lists every name; a wrong value stops the start."""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from harrison.databases import read_database
from harrison.env import (
    read_choice,
    read_flag,
    read_folder,
    read_list,
    read_number,
    read_or_create_secret,
    read_rate,
    read_text,
    refuse_unknown_names,
)
from harrison.logs import logging_config
from harrison.storages import read_storages, upload_folder

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")

# --- Installation ---------------------------------------------------------------------------------------------------

PRODUCTION = read_flag("HARRISON_PRODUCTION", False)
DEBUG = read_flag("HARRISON_DEBUG", False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("HARRISON_DEBUG shows code and data in error pages: unset it in production.")

DATA_DIR = read_folder("HARRISON_DATA_DIR", BASE_DIR / "var", mode=0o700)
SECRET_KEY = read_or_create_secret("HARRISON_SECRET_KEY", folder=DATA_DIR, production=PRODUCTION)
# Research UIDs and date shifts derive from this key. With another key, new research copies do not match older ones.
PROJECT_KEY = read_or_create_secret("HARRISON_PROJECT_KEY", folder=DATA_DIR, production=PRODUCTION).encode()
if len(PROJECT_KEY) < 32:
    raise ImproperlyConfigured("HARRISON_PROJECT_KEY is too short: it needs 32 bytes or more.")
# What new research copies keep besides their pixels, by option of PS3.15 Annex E (dicom/deidentification/options.py).
RESEARCH_OPTIONS = {
    "DESCRIPTORS": read_flag("HARRISON_KEEP_DESCRIPTORS", True),
    "SHIFTED_DATES": read_flag("HARRISON_KEEP_SHIFTED_DATES", True),
    "CHARACTERISTICS": read_flag("HARRISON_KEEP_CHARACTERISTICS", True),
    "DEVICES": read_flag("HARRISON_KEEP_DEVICES", True),
    "SAFE_PRIVATE": read_flag("HARRISON_KEEP_SAFE_PRIVATE", True),
}
# Identities are encrypted with the first key; the others still decrypt what they encrypted.
IDENTITY_KEYS = read_or_create_secret("HARRISON_IDENTITY_KEYS", folder=DATA_DIR, production=PRODUCTION).split(",")
if min(map(len, IDENTITY_KEYS)) < 32:
    raise ImproperlyConfigured("HARRISON_IDENTITY_KEYS has a key that is too short: each needs 32 characters or more.")
ALLOWED_HOSTS = read_list("HARRISON_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = read_list("HARRISON_TRUSTED_ORIGINS")
# Number of reverse proxies in front of Harrison. Only that many entries of X-Forwarded-For are trusted.
PROXIES = read_number("HARRISON_PROXIES", 0, 0, 9)
# Number of machines or containers. Several must share a database and a storage (see harrison/checks.py).
INSTANCES = read_number("HARRISON_INSTANCES", 1, 1, 999)

# --- Apps -----------------------------------------------------------------------------------------------------------

# The apps of this repository, from the bottom of the architecture to the top. Logs keep the messages of these packages;
# tests check that coverage and the Docker image include each one.
OUR_APPS = ["core", "accounts", "disease", "imagery", "label", "events", "harrison"]
OUR_PACKAGES = [*OUR_APPS, "dicom"]  # dicom is a plain Python package

INSTALLED_APPS = [
    "harrison.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "reversion",
    "axes",
    "csp",
    "django_extensions",
    *OUR_APPS,
]

MIDDLEWARE = [
    "harrison.health.HealthMiddleware",
    "harrison.metrics.MetricsMiddleware",
    "events.middleware.RecordRequests",
    "harrison.headers.LimitHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "harrison.urls"
WSGI_APPLICATION = "harrison.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "harrison" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE = "en-us"
USE_I18N = False
FORMAT_MODULE_PATH = "harrison.formats"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {"default": read_database(f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}

# --- Files ----------------------------------------------------------------------------------------------------------

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # no model stores files in the default
    **read_storages(DATA_DIR),
    # Production serves collected files under hashed names. A trial serves them from the packages.
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
S3_UNENCRYPTED_ALLOWED = read_flag("HARRISON_S3_IN_THE_CLEAR", False)
MB = 1024 * 1024  # bytes
MAX_MB = 1024**3  # a pebibyte
QUOTA_BYTES = read_number("HARRISON_QUOTA_MB", 102_400, 1, MAX_MB) * MB
FREE_DISK_BYTES = read_number("HARRISON_FREE_DISK_MB", 1024, 0, MAX_MB) * MB
PREVIEW_CACHE = {
    "folder": DATA_DIR / "previews",
    "limit": read_number("HARRISON_PREVIEW_CACHE_MB", 1024, 0, MAX_MB) * MB,
}
MAX_UPLOAD_BYTES = read_number("HARRISON_MAX_UPLOAD_MB", 512, 1, MAX_MB) * MB
FILE_UPLOAD_HANDLERS = ["core.uploads.HashingUploadHandler"]
UPLOAD_FOLDER = upload_folder(STORAGES["originals"])
STATIC_URL = "static/"
STATIC_ROOT = read_folder("HARRISON_STATIC_DIR", DATA_DIR / "static")
WHITENOISE_USE_FINDERS = not PRODUCTION

# --- Login ----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "rest_framework:login"
LOGIN_REDIRECT_URL = "/api/v1/"
LOGOUT_REDIRECT_URL = "/api/v1/"

REST_KNOX = {
    "TOKEN_TTL": timedelta(hours=10),
    "AUTO_REFRESH": False,
    "USER_SERIALIZER": "accounts.serializers.UserSerializer",
}

AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "core.error_pages.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_CLIENT_IP_CALLABLE = "core.http.client_address"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # failed logins are part of the audit log; `manage.py axes_reset` ends a lockout

# --- API ------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    # DRF answers 401 only if the first class has a challenge: tokens have one, sessions have none.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.permissions.HasRole"],
    "DEFAULT_PARSER_CLASSES": [
        "core.parsers.BoundedJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": [
        "drf_orjson_renderer.renderers.ORJSONRenderer",
        "core.browsable.BrowsableRenderer",
    ],
    "DEFAULT_FILTER_BACKENDS": ["core.filters.ListFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "core.paging.CursorPages",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.ScopedRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"login": read_rate("HARRISON_LOGIN_RATE", "20/min")},
    "DEFAULT_SCHEMA_CLASS": "core.schema.Schema",
    "EXCEPTION_HANDLER": "core.errors.handle_exception",
    "NUM_PROXIES": PROXIES,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Harrison",
    "DESCRIPTION": "Medical images, what doctors see in them, and the vocabulary for it.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "PREPROCESSING_HOOKS": ["core.schema.keep_dollar_signs"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.schema.add_error_responses",
    ],
}

# --- Security -------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 10 * 60 * 60
CSRF_FAILURE_VIEW = "core.error_pages.csrf_failure"
SSL_REDIRECT = read_flag("HARRISON_SSL_REDIRECT", True)
if PRODUCTION:
    SECURE_SSL_REDIRECT = SSL_REDIRECT
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Monitoring -----------------------------------------------------------------------------------------------------

METRICS_PORT = read_number("HARRISON_METRICS_PORT", 0, 0, 65535)  # for Prometheus; 0: off
LOG_LEVEL = read_choice("HARRISON_LOG_LEVEL", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = logging_config(read_text("HARRISON_LOG_FORMAT"), PRODUCTION, LOG_LEVEL)

refuse_unknown_names()
