"""The product's settings on a data folder of the tests' own, with quick passwords."""

import atexit
import os
import shutil
import tempfile

FOLDER = tempfile.mkdtemp(prefix="harrison-tests-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
os.environ["HARRISON_DATA_DIR"] = FOLDER
os.environ["HARRISON_LOGIN_RATE"] = "1000/min"

from harrison.settings import *  # noqa: E402, F403

# Each test client builds a handler, and WhiteNoise would search all static files for it. Tests of the served product
# ask for static files; none of those uses these settings.
WHITENOISE_USE_FINDERS = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
