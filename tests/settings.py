"""The product's settings on a data folder of the tests' own, with quick passwords."""

import os
import tempfile

os.environ["HARRISON_DATA_DIR"] = tempfile.mkdtemp(prefix="harrison-tests-")
os.environ["HARRISON_LOGIN_RATE"] = "1000/min"

from harrison.settings import *  # noqa: F403
from harrison.settings import STATIC_ROOT, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT.mkdir()
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
