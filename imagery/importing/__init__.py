"""Many files at once: out of a zip archive, out of a folder, or sent side by side.

Each gives parts (`parts.Part`), which `actions.take` takes in one by one. A part has a name for the report of whoever
sent it; no name is ever used as a path, kept or logged.
"""
