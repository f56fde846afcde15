"""Files of datasets: their names and folders, writing them whole, publishing and reading them."""

import os
import platform
import sys

# Arrow reads this when it is first imported. Its own choice keeps some 30 MB more than is in use,
# and with that of the system what is free lies scattered, more with every million rows;
# `set_memory_pool` does not reach the writer of Parquet. Wheels for other systems have no jemalloc.
_HAS_JEMALLOC = sys.platform == "linux" and platform.machine() == "x86_64"
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc" if _HAS_JEMALLOC else "system")
