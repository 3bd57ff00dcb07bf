"""Backups: a folder that holds many snapshots, which share their media.

    DEST/media/ab/abcd…          bytes, each under its SHA-256, once for all snapshots
    DEST/snapshots/TIME/         one moment of an installation:
        rows.sqlite3, rows.dump  the database, as SQLite's backup API or pg_dump gives it
        files.jsonl              which file of which image is which media
        manifest.json            what there is, with its digests, sealed under the project's key
    DEST/snapshots/TIME.incomplete   a backup that is under way, or was broken off; the next one takes it away

No key is ever in a backup. Previews are not either: they are drawn anew.

Rows and bytes are of one moment. Bytes never change under their name, and an original never goes. But a research copy
goes when a new one takes its place, perhaps after the moment and before its bytes were taken. So everything is copied
once before, which leaves little; then comes the moment, held by a transaction: what its rows name and is not there yet
is copied at once, and last the rows. Where a copy has gone even so, another moment is tried. A file that is missing
although its row still names it is a fault of the installation: it is told, and the backup holds everything else.
"""
