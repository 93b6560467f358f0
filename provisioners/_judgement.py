"""Finds every problem of some data at once, where pydantic stops at the first model that is not whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from provisioners._messages import Finding, Schema
from provisioners.spec import NOTHING, RULES_LATER, Path, Problem, Spec, broken_by

_GONE: Any = object()


class Judgement:
    """Finds the problems of *data*, those included that pydantic leaves out because something else is wrong.

    What is invalid gives way: a key to its default or its example, an entry to nothing, a whole part when it
    cannot do without. What remains is judged again, and then the rules across fields, one Spec at a time.
    """

    def __init__(self, model: type[Spec], data: Any, flaws: list[Path]) -> None:
        self._model, self._schema, self._data = model, Schema(model), _thawed(data)
        self._gaps = _Gaps(flaws)
        self._replaced: set[Path] = set()
        self._origins: dict[Path, list[int]] = {}
        self.findings: list[Finding] = []
        for flaw in flaws:
            if self._at(flaw) is not _GONE:
                self._put(flaw, _GONE)

    def run(self) -> Any:
        """Return the model, with stand-ins for what the findings or the flaws name; None when nothing can stand in."""
        result = self._judged(context=None)
        if isinstance(result, Spec):
            return result
        while isinstance(result, list):
            if not self._give_way([finding for finding in result if finding.about != "rules"]):
                return None
            result = self._judged(context=RULES_LATER)
        for path, spec in _specs(result, ()):  # the inner ones speak first
            news = self.hold(self._broken_by(spec), path)
            if path:
                self._gaps.add(*(place for finding in news for place in finding.places))
        return result

    def hold(self, problems: Iterable[Problem], path: Path = ()) -> list[Finding]:
        """Add those of the *problems* of the Spec at *path* that are no consequence of others; return them."""
        findings = [self._original(self._schema.finding(each, path)) for each in problems]
        news = [finding for finding in findings if not self._gaps.touch(finding)]
        self.findings += news
        return news

    def _judged(self, context: object) -> Spec | list[Finding]:
        """Return the model of what is left, or what speaks against it; what is new joins the findings."""
        self._origins = {}
        try:
            return self._model.model_validate(self._swept(self._data, ()), context=context)
        except ValidationError as error:
            found = [self._original(each) for each in self._schema.findings(error.errors(include_url=False))]
        # A key that is there under a misspelled name is not missing.
        self._gaps.add(*(each.meant for each in found if each.meant and self._at(each.meant) is _GONE))
        self.findings += [finding for finding in found if not self._gaps.touch(finding)]
        return found

    def _broken_by(self, spec: Spec) -> Iterator[Problem]:
        try:
            yield from broken_by(spec)
        except Exception:
            # A rule may rely on what another one found broken, or on what gave way; else it is our mistake.
            if not self._gaps:
                raise

    def _give_way(self, findings: list[Finding]) -> bool:
        """Take what is invalid out of the data; False when nothing would remain."""
        substitutes = {
            finding.path: finding.example
            for finding in findings
            if finding.example is not NOTHING and finding.path not in self._replaced
        }
        gone = {self._present(finding.path) for finding in findings if finding.path not in substitutes}
        self._replaced.update(substitutes)
        for place, value in [*substitutes.items(), *((place, _GONE) for place in gone)]:
            self._put(place, value)
        return () not in gone

    def _present(self, path: Path) -> Path:
        """Return *path*, or the nearest place above it that is still there."""
        while path and self._at(path) is _GONE:
            path = path[:-1]
        return path

    def _at(self, path: Path) -> Any:
        value = self._data
        for step in path:
            if isinstance(value, dict):
                value = value.get(step, _GONE)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return _GONE
        return value

    def _put(self, path: Path, value: Any) -> None:
        self._gaps.add(path)
        holder: Any = self._at(path[:-1]) if path else None
        if isinstance(holder, (dict, list)):
            # A path has numbers where the data have lists.
            holder[path[-1]] = _thawed(value)  # type: ignore[index]

    def _swept(self, value: Any, path: Path) -> Any:
        """Return the data without what is gone, and note how the entries of lists have moved up."""
        if isinstance(value, dict):
            return {key: self._swept(each, (*path, key)) for key, each in value.items() if each is not _GONE}
        if isinstance(value, list):
            kept = self._origins[path] = [index for index, each in enumerate(value) if each is not _GONE]
            return [self._swept(value[index], (*path, new)) for new, index in enumerate(kept)]
        return value

    def _original(self, finding: Finding) -> Finding:
        """Return *finding* with the places as they are in the file."""
        places = tuple(map(self._moved_back, finding.places))
        return finding._replace(path=self._moved_back(finding.path), places=places)

    def _moved_back(self, path: Path) -> Path:
        steps: list[str | int] = []
        for depth, step in enumerate(path):
            kept = self._origins.get(path[:depth])
            known = kept is not None and isinstance(step, int) and step < len(kept)
            # Mypy does not look into *known*.
            steps.append(kept[step] if known else step)  # type: ignore[index]
        return tuple(steps)


class _Gaps:
    """Places whose values were invalid, and what stands above them."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._at: set[Path] = set()
        self._above: set[Path] = set()
        self.add(*paths)

    def __bool__(self) -> bool:
        return bool(self._at)

    def add(self, *paths: Path) -> None:
        self._at.update(paths)
        self._above.update(path[:end] for path in paths for end in range(len(path)))

    def touch(self, finding: Finding) -> bool:
        """Tell whether *finding* may be no more than a consequence."""
        above = finding.about != "key"
        return any(
            (above and place in self._above) or any(place[:end] in self._at for end in range(len(place) + 1))
            for place in finding.places or (finding.path,)
        )


def _specs(value: Any, path: Path) -> Iterator[tuple[Path, Spec]]:
    """Yield every Spec in *value* with its place in names of fields, the inner ones first."""
    inside: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, BaseModel):
        inside = value
    elif isinstance(value, Mapping):
        inside = value.items()
    elif isinstance(value, (list, tuple)):
        inside = enumerate(value)
    for step, each in inside:
        yield from _specs(each, (*path, step))
    if isinstance(value, Spec):
        yield path, value


def _thawed(value: Any) -> Any:
    """Return a copy to take things out of."""
    if isinstance(value, Mapping):
        return {key: _thawed(each) for key, each in value.items()}
    return [_thawed(each) for each in value] if isinstance(value, (list, tuple)) else value
