"""What can be counted and is the same on every machine: questions to Node, modules loaded, processes started.

`python -m benchmarks.counts` prints them as JSON; it must be a process of its own, since it looks at what it imports.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.platforms import EVERYTHING, with_teams
from benchmarks.process import ROOT, surroundings

TEAMS_ADDED = 10
_SUBMODULE = re.compile(r"cdktf_cdktf_provider_\w+?\.[a-z]\w*")


class Counts(NamedTuple):
    """What was counted."""

    starts_at_import: list[str]
    """Programs that were started by importing our packages."""
    resources: int
    """Resources of platform.yaml."""
    round_trips: int
    """Questions to Node for platform.yaml, from its first to the last of `synth`."""
    submodules: list[str]
    """Modules of provider bindings that Python loaded for platform.yaml."""
    types: int
    """Types of resources, data sources and providers in platform.yaml's stacks."""
    teams_added: int
    """Teams that were added to count what each brings."""
    resources_of_teams: int
    """Resources that these teams brought."""
    round_trips_of_teams: int
    """Questions to Node that these teams brought."""
    round_trips_of_more_teams: int
    """Questions to Node that as many teams again brought."""
    resources_of_everything: int
    """Resources of a platform with every part that there is."""
    round_trips_of_everything: int
    """Questions to Node for that platform."""


def count() -> Counts:
    """Return the counts of a fresh Python."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.counts"],
        cwd=ROOT,
        env=surroundings(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"counting failed:\n{done.stderr}")
    return Counts(*json.loads(done.stdout))


def _count_here() -> Counts:
    started: list[str] = []
    sys.addaudithook(
        lambda event, arguments: started.append(str(arguments[0])) if event == "subprocess.Popen" else None
    )
    import emr_eks.cli  # noqa: F401 - looks at what it starts
    import main

    at_import = list(started)
    trips = _count_round_trips()
    with tempfile.TemporaryDirectory() as folder:
        first = _stacks(main, ROOT / "platform.yaml", Path(folder, "first"))
        trips_of_first = len(trips)
        submodules = sorted(name for name in sys.modules if _SUBMODULE.fullmatch(name))
        files = [with_teams(Path(folder, str(teams)), teams) for teams in (1, 1 + TEAMS_ADDED, 1 + 2 * TEAMS_ADDED)]
        small, large, larger, everything = (
            _trips_and_resources(main, trips, file, Path(folder, f"out-{number}"))
            for number, file in enumerate([*files, EVERYTHING])
        )
    types = {
        (kind, name) for stack in first for kind in ("resource", "data", "provider") for name in stack.get(kind, {})
    }
    types.discard(("data", "terraform_remote_state"))  # Terraform's own: no module of a provider
    return Counts(
        starts_at_import=at_import,
        resources=_resources(first),
        round_trips=trips_of_first,
        submodules=submodules,
        types=len(types),
        teams_added=TEAMS_ADDED,
        resources_of_teams=large[1] - small[1],
        round_trips_of_teams=large[0] - small[0],
        round_trips_of_more_teams=larger[0] - large[0],
        resources_of_everything=everything[1],
        round_trips_of_everything=everything[0],
    )


def _trips_and_resources(main: Any, trips: list[None], file: Path, folder: Path) -> tuple[int, int]:
    before = len(trips)
    stacks = _stacks(main, file, folder)
    return len(trips) - before, _resources(stacks)


def _count_round_trips() -> list[None]:
    """Return a list that grows by one with each question that jsii asks Node."""
    from jsii._kernel.providers.process import _NodeProcess

    trips: list[None] = []
    send = _NodeProcess.send

    def counted(self: Any, request: Any, response_type: Any) -> Any:
        trips.append(None)
        return send(self, request, response_type)

    _NodeProcess.send = counted  # type: ignore[method-assign]  # put in its place on purpose
    return trips


def _stacks(main: Any, file: Path, folder: Path) -> list[dict[str, Any]]:
    """Build the platform in *file* as `main.py` does, and return the Terraform JSON of its stacks."""
    from cdktf import App

    from stacks.platform import load

    app = App(outdir=str(folder))
    main.build(app, load(file))
    app.synth()
    return [json.loads(each.read_text("utf-8")) for each in folder.glob("stacks/*/cdk.tf.json")]


def _resources(stacks: list[dict[str, Any]]) -> int:
    return sum(len(each) for stack in stacks for each in stack.get("resource", {}).values())


if __name__ == "__main__":
    print(json.dumps(_count_here()))
