"""The processes that read files and make copies start once a server process has answered somebody.

So no upload waits for them, and the first answer does not either.
"""

from threading import Thread
from typing import Any

from django.core.signals import request_finished

from dicom import visits
from imagery import research_copies


def after_the_first_answer() -> None:
    request_finished.connect(begin)


def begin(**_: Any) -> None:
    if request_finished.disconnect(begin):  # of several answers at once it is the first
        Thread(target=start, daemon=True).start()


def start() -> None:
    visits.shared().warm()
    research_copies.cleaner.warm()
