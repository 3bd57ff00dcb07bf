"""The product's settings, with the yardsticks beside its addresses. Nobody but the benchmark uses them."""

from harrison.settings import *  # noqa: F403 - settings are names of a module
from harrison.settings import MIDDLEWARE

ROOT_URLCONF = "benchmarks.urls"
# The yardsticks leave no event, for what an event costs is measured against them; and queries are counted when asked.
MIDDLEWARE = [
    "benchmarks.yardsticks.CountQueries",
    *(
        "benchmarks.yardsticks.RecordUnlessTold" if name == "events.middleware.RecordRequests" else name
        for name in MIDDLEWARE
    ),
]
