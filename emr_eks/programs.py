"""Programs of others: one that must come to its own end, and several that are ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

_GRACE = 2
"""Seconds in which a program must end that is told to: who cancels a pipeline gives little more before killing."""


def run_to_its_end(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run *command* with the *options* of `subprocess.run`, and return when it has ended, whatever Ctrl-C does here.

    The terminal sends Ctrl-C to it too; Terraform then writes its state and lets go of the lock on it, which takes
    longer than the quarter of a second that `subprocess.run` gives before it kills.
    """
    with noted(signal.SIGINT):
        return subprocess.run(command, text=True, check=False, **options)


class Together:
    """Programs that run beside each other, each from a thread of its own, and can be ended at once."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._ended = False

    def run(self, command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run *command* with the *options* of `subprocess.Popen`, and return what it printed."""
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # so that it can be killed with all that it started
            **options,
        ) as program:
            self._running.add(program)
            if self._ended:
                program.terminate()
            printed, told = program.communicate()
            self._running.discard(program)
        return subprocess.CompletedProcess(command, program.returncode, printed, told)

    def end(self) -> None:
        """End what runs, and whatever starts from now on; kill what takes long to end, with all that it started."""
        self._ended = True
        for program in self._running.copy():
            program.terminate()
        until = time.monotonic() + _GRACE
        while self._running and time.monotonic() < until:
            time.sleep(0.02)
        for program in self._running.copy():
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)


@contextmanager
def noted(*signals: signal.Signals) -> Iterator[list[int]]:
    """Collect those of *signals* that would end this program; the programs that it starts hear them as ever.

    One that is ignored, as SIGHUP by `nohup`, or handled otherwise stays so. Other threads than the main one hear none.
    """
    heard: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield heard  # Python lets no other thread handle signals.
        return
    usual = {each: signal.getsignal(each) for each in signals}
    ending = {each: how for each, how in usual.items() if how in (signal.SIG_DFL, signal.default_int_handler)}
    for each in ending:
        # SIG_IGN, unlike a function, would be inherited by the programs.
        signal.signal(each, lambda number, _: heard.append(number))
    try:
        yield heard
    finally:
        for each, how in ending.items():
            signal.signal(each, how)
