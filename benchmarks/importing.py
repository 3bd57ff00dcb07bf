"""How many CTs `import_images` takes in a second, on all cores."""

import os
import time
from contextlib import nullcontext
from pathlib import Path

from benchmarks import samples
from benchmarks.installation import PREPARATION, environment, run_python
from tests.kit.postgresql import DURABLE, private
from tests.kit.serving import managed

CREATE_OWNER = """
from accounts.models import Role, User
from django.contrib.auth.models import Group
User.objects.create_user("importer").groups.set(Group.objects.filter(name=Role.DOCTOR))
"""


def measure_import(database: str, folder: Path, files: int) -> str:
    """Import CTs of 0.5 MB into an empty installation. Returns a sentence."""
    source = folder / "cts"
    source.mkdir()
    for number in range(1, files + 1):
        (source / f"{number}.dcm").write_bytes(samples.make_ct(number))
    (folder / "import").mkdir()
    with private(DURABLE) if database == "postgresql" else nullcontext("") as url:
        own = environment(folder / "import" / "template", url)
        for command in PREPARATION[:2]:
            managed(own, command)
        managed(own, "shell", "--no-imports", "-c", CREATE_OWNER)
        start = time.perf_counter()
        run_python(own, "manage.py", "import_images", str(source), "--owner", "importer")
        seconds = time.perf_counter() - start
    per_second = files / seconds
    return f"`import_images` took {seconds:.1f} s for {files} CTs on {os.cpu_count()} cores: {per_second:.0f} a second."
