"""Every address of Harrison, and the yardsticks."""

from django.urls import path

from benchmarks import yardsticks
from harrison.urls import *  # noqa: F403 - its handlers of errors, too
from harrison.urls import urlpatterns

urlpatterns = [
    path("yardstick/empty/", yardsticks.empty),
    path("yardstick/bytes/", yardsticks.half_a_megabyte),
    *urlpatterns,
]
