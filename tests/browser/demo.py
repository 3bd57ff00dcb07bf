"""Fills an installation as if people had worked with Harrison for a month: python -m tests.browser.demo

Made-up data as `create_dummy_data` makes it, under a clock that jumps about within the last thirty days, and requests
that were refused in that time.
"""

import os
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harrison.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from core import models  # noqa: E402
from core.models import first_id  # noqa: E402
from events.models import Event  # noqa: E402
from tests.browser.serving import PASSWORD  # noqa: E402

chance = random.Random(20)
START = datetime.now().astimezone()


def weight(ago: int) -> int:
    """Fewer on weekends, and more of late."""
    return (1 if (START - timedelta(days=ago)).weekday() > 4 else 4) + (30 - ago) // 8


DAYS = [ago for ago in range(30) for _ in range(weight(ago))]


class Clock(datetime):
    """The moment of the last id."""

    moment = START

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return cls.moment.astimezone(tz)


def then() -> datetime:
    day = START - timedelta(days=chance.choice(DAYS))
    return min(START, day.replace(hour=chance.randint(7, 17), minute=chance.randint(0, 59)))


def past_id() -> UUID:
    Clock.moment = then()
    return UUID(int=first_id(Clock.moment).int | 7 << 76 | chance.getrandbits(60))


def refused() -> None:
    """Some requests of each status that people meet."""
    doctor = User.objects.get(username="doctor")
    for status, most in ((401, 6), (403, 3), (404, 4), (400, 2), (409, 1)):
        for ago in range(30):
            for _ in range(chance.randint(0, most)):
                moment = START - timedelta(days=ago, minutes=chance.randint(0, 300))
                id = UUID(int=first_id(moment).int | chance.getrandbits(62))
                Event.objects.create(
                    id=id, occurred_at=moment, duration=0.01, user=doctor if status != 401 else None, method="GET",
                    path="/api/v1/images/", route="api/v1/images/", status=status,
                )  # fmt: skip


def main() -> None:
    models.uuid7 = past_id
    timezone.datetime = Clock  # type: ignore[attr-defined]
    call_command("create_dummy_data", seed=7, images=60, password=PASSWORD)
    refused()


if __name__ == "__main__":
    main()
