"""Backups: a folder that holds any number of snapshots, which share their media.

    DEST/media/ab/abcd…          bytes, each under its SHA-256, once for all snapshots
    DEST/snapshots/TIME/         an installation at one moment:
        rows.sqlite3, rows.dump  the database, by SQLite's backup API or pg_dump
        files.jsonl              which file of which image is in which media
        manifest.json            the parts with their digests, sealed with the project key
    DEST/snapshots/TIME.incomplete   an unfinished backup; the next one removes it

A backup contains no key. Previews are left out, because they can be drawn again.

Rows are copied first, then the bytes of the files that they name. This is consistent while people work: bytes never
change under their name, originals are never deleted, and a research copy that was replaced is only marked and deleted
a week later. A missing or altered file is a fault of the installation: the backup reports it and holds the rest.
"""
