"""The last module that a fork server imports: what exists then is no garbage in its children.

To look for it, while they run and when they exit, would copy all of the server's memory.
"""

import gc

gc.freeze()
