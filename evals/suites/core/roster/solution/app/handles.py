"""What a volunteer is called in addresses."""

import re
from itertools import count


def free_handle(name, taken):
    """The first handle of that name that is not in `taken`."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].rstrip("-") or "volunteer"
    if stem not in taken:
        return stem
    return next(handle for n in count(2) if (handle := f"{stem}-{n}") not in taken)
