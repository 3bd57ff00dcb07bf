"""The URLs of Harrison, and the yardstick."""

from django.urls import path

from benchmarks import yardsticks
from harrison.urls import *  # noqa: F403 - the error handlers, too
from harrison.urls import urlpatterns

urlpatterns = [path("yardstick/", yardsticks.empty_view), *urlpatterns]
