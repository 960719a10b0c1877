"""Run a command where everything is read-only, or one folder is small, in a mount namespace."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

READ_ONLY = """
mount --make-rprivate /
awk '{print $2}' /proc/mounts | sort -r | while read -r place; do
  mount -o remount,bind,ro "$place" 2>/dev/null
done
exec "$@"
"""
LISTED = """
folder="$1"
shift
"$@"
status=$?
echo "LEFT $(cd "$folder" && find . -type f -printf '%P ')"
exit $status
"""
SMALL = """
mount -t tmpfs -o "size=$1" tmpfs "$2" || exit 99
shift 2
exec "$@"
"""


def read_only(command: list[str]) -> list[str]:
    """Return a command for which no folder can be written."""
    _need_namespaces()
    return ["unshare", "-rm", "bash", "-c", READ_ONLY, "read-only", *command]


def on_small_disk(command: list[str], folder: Path, size: str = "64k") -> list[str]:
    """Return a command for which an empty file system of a size is mounted at a folder."""
    _need_namespaces()
    return ["unshare", "-rm", "bash", "-c", SMALL, "small", size, str(folder), *command]


def run_on_small_disk(
    command: list[str], folder: Path, size: str
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run a command to its end on a small file system; return what it left there, too."""
    listed = ["bash", "-c", LISTED, "listed", str(folder), *command]
    result = subprocess.run(
        on_small_disk(listed, folder, size), check=False, capture_output=True, text=True
    )
    return result, result.stdout.rpartition("LEFT ")[2].split()


@cache
def _can_mount() -> bool:
    """Return whether this system lets a process mount file systems for itself."""
    if os.name != "posix" or not shutil.which("unshare"):
        return False
    test = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"]
    return subprocess.run(test, check=False, capture_output=True).returncode == 0


def _need_namespaces() -> None:
    if not _can_mount():
        pytest.skip("needs `unshare -rm`: this system gives processes no mounts of their own")
