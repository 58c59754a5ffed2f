"""All settings. What differs between machines is read from environment variables.

The defaults are for development. With `DEBUG=False`, which is for production, a missing setting
stops the start with an error that says what to set.
"""

from importlib.util import find_spec
from pathlib import Path

from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured

from heygen_video_translation import __version__, env
from heygen_video_translation.database_url import read_database_url
from heygen_video_translation.log_settings import FORMATS, logging_settings

# In a checkout the database is next to manage.py. An installation has no manage.py: its database
# is in the current folder, never among the installed packages.
_ROOT = Path(__file__).resolve().parent.parent
BASE_DIR = _ROOT if (_ROOT / "manage.py").exists() else Path.cwd()

VERSION = __version__
DEBUG = env.boolean("DEBUG", default=True)
SECRET_KEY = env.text("SECRET_KEY", "insecure, and only good for DEBUG" if DEBUG else "")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
if not DEBUG and not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is missing, and DEBUG is off: set it to 50 or more random characters, such as"
        " `python -c 'import secrets; print(secrets.token_urlsafe(50))'` prints."
    )
if not DEBUG and not ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS is missing, and DEBUG is off: set it to the host names that this server"
        " answers to, such as ALLOWED_HOSTS=translate.example.com,localhost."
    )

INSTALLED_APPS = [
    "vid_trans_api",  # before staticfiles, whose `runserver` it extends
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

# For Prometheus: on a port of its own, or on the main port for those who have the token.
METRICS_PORT = env.whole_number("METRICS_PORT", 0)  # 0: none
METRICS_HOST = env.text("METRICS_HOST", "127.0.0.1")
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
METRICS = bool(METRICS_PORT or METRICS_TOKEN)
METRICS_FOLDER = env.text("PROMETHEUS_MULTIPROC_DIR", "")
if METRICS and not find_spec("prometheus_client"):
    raise ImproperlyConfigured(
        "METRICS_PORT or METRICS_TOKEN is set, which needs one more package:"
        " pip install 'heygen-video-translation[metrics]'."
    )
LOG_FORMAT = env.choice("LOG_FORMAT", FORMATS)
LOGGING = logging_settings(LOG_FORMAT, debug=DEBUG)

_OBSERVERS = ["vid_trans_api.monitoring.observation.ObservationMiddleware"]
MIDDLEWARE = [
    "vid_trans_api.http.middleware.RequestIdMiddleware",  # outermost: every response has an id
    # Before hosts are checked, and not observed: those who call these use any address, and often.
    "vid_trans_api.monitoring.endpoints.OperatorMiddleware",
    *(_OBSERVERS if METRICS or LOG_FORMAT == "json" else ()),
    "vid_trans_api.http.origins.OriginMiddleware",  # around errors: their pages have CORS headers
    "vid_trans_api.web.security.SecurityPolicyMiddleware",  # around errors: for their pages, too
    "vid_trans_api.http.middleware.ErrorMiddleware",  # around the others: no API error is HTML
    "vid_trans_api.http.middleware.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "vid_trans_api.http.middleware.MessagesForAdmin",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "heygen_video_translation.urls"
WSGI_APPLICATION = "heygen_video_translation.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"formatting": "vid_trans_api.web.formatting"},
        },
    },
]

DATABASES = {
    "default": read_database_url(
        env.text("DATABASE_URL", "sqlite:///db.sqlite3"),
        root=BASE_DIR,
        pool_size=env.whole_number("DATABASE_POOL_SIZE", 10),
    )
}
# The URL of this server in the events that it sends; the host of the request that created the job
# by default.
PUBLIC_URL = env.text("PUBLIC_URL", "").rstrip("/")
# Whether each process also sends webhooks; if not, run `manage.py dispatch`.
DISPATCH_WEBHOOKS = env.boolean("DISPATCH_WEBHOOKS", default=True)
# Whether webhooks may be sent to this machine and to private networks, and without TLS.
WEBHOOK_PRIVATE_ADDRESSES = env.boolean("WEBHOOK_PRIVATE_ADDRESSES", default=DEBUG)
# Uploaded files are private, and beside the database if that is a file.
MEDIA_ROOT = env.text("UPLOAD_FOLDER", "") or BASE_DIR / f"{DATABASES['default']['NAME']}.uploads"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
# Static files are served from the packages that contain them, without collectstatic.
WHITENOISE_USE_FINDERS = True

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Redirects to https and HSTS are off by default: a proxy may do both, and plain http must work in a
# trusted network. The two system checks that ask for them are silenced.
SECURE_SSL_REDIRECT = env.boolean("SECURE_SSL_REDIRECT", default=False)
SECURE_HSTS_SECONDS = env.whole_number("SECURE_HSTS_SECONDS", 0)
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.boolean("SECURE_COOKIES", default=not DEBUG)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
# Websites whose scripts may use the API. No cookies are sent along, so they need a key.
CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS")
CORS_ALLOWED_ORIGIN_REGEXES = (
    [r"^https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?$"] if DEBUG else []
)
CORS_URLS_REGEX = r"^/(vid_trans_api|v3|v2|v1)/"
CORS_ALLOW_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "prefer", "x-api-key", "x-request-id"]
CORS_EXPOSE_HEADERS = [
    "Retry-After",
    "Location",
    "Preference-Applied",
    "Idempotent-Replayed",
    "Simulated-Fault",
    "X-Request-Id",
]
X_FRAME_OPTIONS = "DENY"
SCRIPT_NAME = env.text("SCRIPT_NAME", "")  # gunicorn reads the same variable
BEHIND_PROXY = env.boolean("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    # The proxy must set both headers itself, whatever a client sends.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # 2.5 MiB; only the body of an upload may be larger
FILE_UPLOAD_HANDLERS = ["vid_trans_api.http.bodies.RefuseUploads"]

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["vid_trans_api.http.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "vid_trans_api.http.negotiation.FirstRenderer",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Video translation, simulated",
    "DESCRIPTION": (
        "Create a job, poll it until it has ended, and download its result. Nothing is translated:"
        " jobs are simulated. Errors are RFC 9457 problem documents."
    ),
    "VERSION": VERSION,
    "DEFAULT_GENERATOR_CLASS": "vid_trans_api.native.openapi.NativeGenerator",
    "SERVE_INCLUDE_SCHEMA": False,
    "SORT_OPERATIONS": False,  # jobs first, as urls.py has them
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,  # no field of these requests is required anyway
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,  # most values explain themselves
    "POSTPROCESSING_HOOKS": [
        "vid_trans_api.http.openapi.name_enums",
        "vid_trans_api.http.openapi.merge_blank",
        "vid_trans_api.http.openapi.require_bodies",
        "vid_trans_api.http.openapi.set_server",
    ],
}

# The simulation: how long a job takes and how it ends if the request does not say.
MIN_DELAY = env.number("MIN_DELAY", 5)  # seconds
MAX_DELAY = env.number("MAX_DELAY", 15)  # seconds
ERROR_PROBABILITY = env.number("ERROR_PROBABILITY", 0.1)
ESTIMATE_NOISE = env.number("ESTIMATE_NOISE", 0.2)
# If off, requests cannot control a job, neither by `simulation` nor by a magic URL.
SIMULATION = env.boolean("SIMULATION", default=True)

# Who may send requests, and how long and how many long polls may wait.
API_KEYS = env.words("API_KEYS")
API_KEY_SECRET = env.text("API_KEY_SECRET", "")
if not DEBUG and not API_KEYS and not API_KEY_SECRET:
    raise ImproperlyConfigured(
        "API_KEYS is missing, and DEBUG is off: set it to the valid API keys, separated by commas,"
        " or set API_KEY_SECRET. If anyone may use this server, set API_KEYS=*."
    )
if "*" in API_KEYS:
    if API_KEYS != ["*"] or API_KEY_SECRET:
        raise ImproperlyConfigured(
            "API_KEYS lists *, with which every key is valid, beside other keys or API_KEY_SECRET;"
            " remove the one or the others."
        )
    API_KEYS = []
LONG_POLL_LIMIT = env.number("LONG_POLL_LIMIT", 30)  # seconds
MAX_LONG_POLLS = env.whole_number("MAX_LONG_POLLS", 256)

# Set by gunicorn.conf.py, so that all workers agree on the time; 0: each process takes its own.

# How many requests a workspace's journal keeps, for reports and verdicts; 0 is no journal.
JOURNAL_LENGTH = env.whole_number("JOURNAL_LENGTH", 10_000)

# How many jobs of HeyGen's API run at once in a workspace; 0 is any number.
HEYGEN_MAX_CONCURRENT_JOBS = env.whole_number("HEYGEN_MAX_CONCURRENT_JOBS", 10)

# How many jobs a workspace and how many workspaces the database may hold; 0 is any number.
MAX_JOBS = env.whole_number("MAX_JOBS", 0)
MAX_WORKSPACES = env.whole_number("MAX_WORKSPACES", 0)

# What clients may upload, in bytes: in one file, in a workspace, and in all of them.
MAX_UPLOAD_BYTES = env.whole_number("MAX_UPLOAD_BYTES", 32 * 2**20)
MAX_WORKSPACE_UPLOAD_BYTES = env.whole_number("MAX_WORKSPACE_UPLOAD_BYTES", 2**30)
MAX_ALL_UPLOADS_BYTES = env.whole_number("MAX_ALL_UPLOADS_BYTES", 5 * 2**30)
# How long the URL of a file can be used without an API key.
SIGNED_URL_SECONDS = env.whole_number("SIGNED_URL_SECONDS", 7 * 24 * 60 * 60)
