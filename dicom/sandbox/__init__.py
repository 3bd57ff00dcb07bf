"""Child processes that read untrusted files: how they start, what rights they give up, and how to talk to them.

| module | holds |
|---|---|
| `seccomp` | the rights that a child gives up |
| `messages` | JSON, bytes and open files over a Unix socket |
| `process` | a child process, as its parent sees it |
| `fork_server` | the child that forks a worker for each file |
| `pool` | those workers, as the parent sees them |
"""
