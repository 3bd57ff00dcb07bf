"""Single steps of a restore."""

from hashlib import sha256

from harrison.backup.files import BackupFile
from harrison.backup.media import Media
from harrison.backup.restoring import restore_file
from imagery import files
from tests.kit.stored import content

BYTES = b"of an image"


def test_a_file_of_an_interrupted_restore_is_replaced(settled, tmp_path):
    settled()
    media = Media(tmp_path)
    media.path(sha256(BYTES).hexdigest()).parent.mkdir()
    media.path(sha256(BYTES).hexdigest()).write_bytes(BYTES)
    digest = sha256(BYTES).hexdigest()
    file = BackupFile("original", "0" * 32, "2026-11-30/ab", digest, digest)
    for _ in range(2):
        restore_file(file, media)
    assert content(files.originals(), file.name) == BYTES
