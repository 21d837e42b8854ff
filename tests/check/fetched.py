"""What npm brings for tests, once for all of them."""
import fcntl
import pathlib
import shutil
import subprocess
import time

PATIENCE = 600  # seconds in which what could not be fetched is not tried again


def fetch(home, *commands, seconds=120):
    """Runs npm's commands in a directory, unless they have run there. None, or why they did not: then others that
    ask for anything beside it do not wait for it in turn."""
    home = pathlib.Path(home)
    home.mkdir(parents=True, exist_ok=True)
    failed = home.parent / "npm-failed"
    with open(home / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (home / "whole").exists():
            return None
        if shutil.which("npm") is None:
            return "there is no npm (Debian: npm)"
        if failed.exists() and time.time() - failed.stat().st_mtime < PATIENCE:
            return "npm could not fetch what it was asked for a moment ago"
        for command in commands:
            try:
                subprocess.run(["npm", command[0], "--silent", "--no-audit", *command[1:]], cwd=home, check=True,
                               stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds)
            except subprocess.SubprocessError:
                failed.touch()
                return f"npm cannot fetch {command[-1]}"
        (home / "whole").touch()
    return None
