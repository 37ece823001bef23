"""Swap for a while: a file that is gone again whatever happens."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from measuring import Failed, LeftOut, call

# It waits until its input is closed, which the end of this process does too, and by SIGKILL as well.
KEEPER = """trap '' INT TERM HUP QUIT
read -r _
! grep -q "^$1/swap " /proc/swaps || swapoff "$1/swap" || exit 1 # and the folder stays, which is told
rm -rf "$1"
"""


def has_room(folder, size):
    """Whether it can be written and leaves a quarter of the file system's free bytes."""
    return shutil.disk_usage(folder).free * 3 // 4 > size


@contextmanager
def swap_file(size):
    """Swap of so many bytes. On a tmpfs there can be none, so it lies in /var/tmp."""
    if os.geteuid() != 0:
        raise LeftOut("needs swap, which only root can make")
    lacking = [p for p in ("mkswap", "swapon", "swapoff") if not shutil.which(p)]
    if lacking:
        raise LeftOut(f"{', '.join(lacking)} is not installed (util-linux)")
    folder = Path(tempfile.mkdtemp(prefix="pagealloc-bench.", dir="/var/tmp"))
    keeper = subprocess.Popen(["sh", "-c", KEEPER, "sh", folder], stdin=subprocess.PIPE, start_new_session=True)
    path = folder / "swap"
    try:
        if not has_room(folder, size):
            raise LeftOut(f"no room in /var/tmp for a swap file of {size >> 20} MiB")
        path.touch(0o600)
        call("dd", "if=/dev/zero", f"of={path}", "bs=1M", f"count={-(-size >> 20)}", "status=none")
        call("mkswap", "-q", path)
        try:
            call("swapon", path)
        except Failed as reason:
            raise LeftOut(f"this machine can't have swap: {reason}") from None
        yield
    finally:
        keeper.communicate()
        if folder.exists():
            raise Failed(f"{folder} could not be removed")
