"""Listens for what the runtime says while the cell is busy: to stop, or nothing any more, as it is gone."""

from __future__ import annotations

import os
import signal
import sys
import threading

from .channel import Channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

#: The variable that all processes of the cell's tree carry.
MARK_NAME = "HEX_PROGRAM_MARK"
PR_SET_PDEATHSIG = 1


class Parent:
    """The runtime, as the cell's process sees it."""

    def __init__(self, channel: Channel, folder: str) -> None:
        #: set when the cell is to stop
        self.cancelled = threading.Event()
        self._channel = channel
        self._folder = folder
        # Whoever started the runtime may have had this signal ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Thread(target=self._listen, name="hex-runtime", daemon=True).start()

    def _listen(self) -> None:
        _die_with_parent()
        while self._channel.hear() is not None:
            # The one thing that is said.
            if not self.cancelled.is_set():
                self.cancelled.set()
                _interrupt_main_thread()
        import shutil

        shutil.rmtree(self._folder, ignore_errors=True)
        kill_tree()


def _interrupt_main_thread() -> None:
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        # A real signal: it ends a wait, too.
        signal.pthread_kill(main, signal.SIGINT)
    else:
        import _thread

        _thread.interrupt_main()


def _die_with_parent() -> None:
    """Has the system end this process when the runtime's is killed while no thread here gets a turn."""
    if not sys.platform.startswith("linux"):
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        # The end of the pipe says the same, a little later.
        pass


def kill_tree(is_killed: Callable[[int], bool] = lambda pid: pid != os.getpid()) -> None:
    """Kills all that the cell has started, then this process with its group."""
    mark = f"{MARK_NAME}={os.environ.get(MARK_NAME, '')}".encode()
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        pids = []
    for pid in filter(is_killed, pids):
        try:
            with open(f"/proc/{pid}/environ", "rb") as environment:
                if mark in environment.read().split(b"\0"):
                    os.kill(pid, signal.SIGKILL)
        except OSError:
            # Gone, or somebody else's.
            continue
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)
