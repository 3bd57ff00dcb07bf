"""What a process that serves changes of itself, and one that runs a command does not."""

import resource

DESCRIPTORS = 8192  # of one process: its connections, of which it takes some 1,000, and what it opens for them


def room_for_connections(wanted: int = DESCRIPTORS) -> None:
    """As many descriptors as wanted, or as the system allows: where they run out, nobody can be hung up on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
