"""Files of datasets: their names and folders, writing them whole, publishing and reading them."""

import os

# Arrow reads this when it is first imported. Its own allocator keeps some 30 MB more than is in
# use; `set_memory_pool` does not reach the writer of Parquet.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
