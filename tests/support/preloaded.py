"""The last module that a fork server imports: what exists then is no garbage in its children.

To look for it, while they run and when they exit, would copy all of the server's memory.
As in the tests' own processes, nothing waits for the disk.
"""

import gc
import os

os.fsync = lambda fd: None  # type: ignore[assignment]
gc.freeze()
