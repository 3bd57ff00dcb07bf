"""The product's settings, and the yardstick. Used by the benchmark only."""

from harrison.settings import *  # noqa: F403 - settings are names of a module
from harrison.settings import MIDDLEWARE

ROOT_URLCONF = "benchmarks.urls"
RECORD = {"events.middleware.RecordRequests": "benchmarks.yardsticks.RecordUnlessAsked"}
MIDDLEWARE = [RECORD.get(name, name) for name in MIDDLEWARE]
