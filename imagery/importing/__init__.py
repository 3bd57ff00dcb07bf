"""The files of a batch: out of a zip archive, out of a folder, or sent together.

Each is a `parts.Part`, which `actions.upload_part` uploads. Its name is for the sender's report: no name is used as a
path, stored or logged.
"""
