"""A side of the review: a synthesised folder, or a git revision that is synthesised in a temporary worktree."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from emr_eks.failures import Failure
from emr_eks.programs import Together, noted
from emr_eks.review.model import App, read
from emr_eks.review.origins import Origins, origins
from provisioners.source import InvalidFile

# Git does not promise that two may change the list of worktrees at once.
_list_of_worktrees = threading.Lock()
_CANCELLING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Pipelines cancel by SIGTERM, and a terminal that is closed by SIGHUP: first the worktrees are taken away.

More of them change nothing: `timeout` sends two for one, and so do a shell and its terminal.
"""


class Side(NamedTuple):
    """An app, and where people wrote what it is made from."""

    app: App
    origins: Origins


def sides_at(names: list[str], platform_file: Path) -> list[Side]:
    """Return the side at each of *names*, made at the same time.

    A name is a folder or a git revision; the *platform_file* of a folder is the one in it, or beside it. Raises
    `InvalidFile` for a folder that is no `cdktf.out`, and `Failure` when there is no such revision, when it cannot be
    synthesised, and with all that is wrong with more than one of them.
    """
    syntheses = Together()
    with noted(*_CANCELLING) as heard, ThreadPoolExecutor() as pool:
        begun = [pool.submit(_side_at, name, platform_file, syntheses) for name in names]
        # Looks up now and then: a signal that reaches a thread which starts a program does not wake this one.
        while wait(begun, timeout=0.05).not_done:
            if heard:
                syntheses.end()  # Who cancels may kill soon, and then the worktrees stay.
    if heard:
        raise KeyboardInterrupt if heard[0] == signal.SIGINT else SystemExit(128 + heard[0])
    errors = [error for each in begun if (error := each.exception())]
    if len(errors) > 1 and all(isinstance(each, (Failure, InvalidFile)) for each in errors):
        raise Failure("\nerror: ".join(dict.fromkeys(map(str, errors))), exit_code=2)
    return [each.result() for each in begun]


def _side_at(name: str, platform_file: Path, syntheses: Together) -> Side:
    folder = Path(name)
    if folder.is_dir():
        app = read(folder)
        place = next((each for each in (folder, folder.parent) if (each / platform_file).is_file()), folder)
        return Side(app, origins(place / platform_file, root=Path(), stacks=app.stacks))
    with _worktree(name) as root:
        inside = _inside(root)
        file = _in_the_revision(platform_file, inside, root)
        app = read(_synthesised(root, file, name, syntheses))
        return Side(app, origins(inside / file, root=inside, stacks=app.stacks))


@contextmanager
def _worktree(revision: str) -> Iterator[Path]:
    """Check out *revision* beside the repository, and take it away afterwards."""
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        step = "`cdktf synth` makes it" if Path(revision).name == "cdktf.out" else "`git fetch` it first"
        raise Failure(f"{revision!r} is neither a folder nor a git revision here; {step}", exit_code=2)
    with tempfile.TemporaryDirectory(prefix="emr-eks-review-") as temporary:
        tree = Path(temporary, "tree")
        with _list_of_worktrees:
            added = _git("worktree", "add", "--detach", "--quiet", str(tree), commit)
        if added is None:
            raise Failure(f"git cannot check out {revision} in a worktree of its own")
        try:
            yield tree
        finally:
            with _list_of_worktrees:
                # In a session of its own, which a second Ctrl-C does not reach.
                _git("worktree", "remove", "--force", str(tree), start_new_session=True)


def _git(*arguments: str, start_new_session: bool = False) -> str | None:
    """Return what git prints, or None when it fails."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, start_new_session=start_new_session)
    except FileNotFoundError:
        raise Failure("git is not installed; give folders that `cdktf synth` made instead", exit_code=2) from None
    return done.stdout.strip() if done.returncode == 0 else None


def _inside(root: Path) -> Path:
    """Return the folder in the worktree at *root* that is this one in the repository."""
    return root / (_git("rev-parse", "--show-prefix") or "")


def _in_the_revision(platform_file: Path, inside: Path, root: Path) -> Path:
    """Return *platform_file* as seen from *inside*: a whole path would name the same file for every revision."""
    file = platform_file
    if file.is_absolute():
        file = Path(os.path.relpath(file.parent.resolve() / file.name, Path.cwd()))
    if not Path(os.path.normpath(inside / file)).is_relative_to(root):
        told = f"{platform_file} is not in this repository, and so in no revision of it"
        raise Failure(f"{told}; review folders that `cdktf synth` made instead", exit_code=2)
    return file


def _synthesised(root: Path, platform_file: Path, revision: str, syntheses: Together) -> Path:
    """Run the revision's own program; its packages are those that run us."""
    inside = _inside(root)
    if not (inside / "main.py").is_file():
        where = f" in {inside.relative_to(root)}" if inside != root else ""
        raise Failure(f"{revision} has no main.py{where}: run `emr-eks review` in the folder of main.py", exit_code=2)
    out = root.parent / "cdktf.out"
    done = syntheses.run(
        [sys.executable, "main.py"],
        cwd=inside,
        env={
            **os.environ,
            "CDKTF_OUTDIR": str(out),
            "EMR_EKS_PLATFORM": str(platform_file),
            "PYTHONPATH": str(inside),
        },
    )
    if done.returncode:
        raise Failure(f"{revision} cannot be synthesised:\n{done.stderr.strip()}", exit_code=2)
    return out
