"""Swap for a while: a file that is gone again whatever happens, but for SIGKILL."""

import os
import shutil
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path

from measuring import Failed, LeftOut, call, say


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
        remove(path)


def remove(path):
    """A second signal must not come between."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        if f"{path} " in Path("/proc/swaps").read_text():
            say("swap off")
            call("swapoff", path)
        shutil.rmtree(path.parent)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
