"""Study: evaluates the stages of one run, caches their results by key and writes the artifacts they become.

When every key and every checksum agrees with provenance.json, only the standard library is imported.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis import atomic, cache
from analysis.config import Config
from analysis.errors import InputError
from analysis.journal import event
from analysis.kernel_store import seal_kernels
from analysis.report.files import Context
from analysis.runtime import ROOT, threads
from analysis.stages import DERIVED, OUTPUTS, SIMULATIONS, STAGES, Output, Stage

__all__ = ["FROZEN", "JOURNAL", "LOCK", "PROVENANCE", "Study"]

PROVENANCE = "provenance.json"
JOURNAL = ".unfinished.json"  # in its place while a build writes, and after one that was interrupted
FROZEN = ROOT / "data" / "frozen"
LOCK = ROOT / "requirements.lock"


class Study:
    """One configured run: evaluates stages on demand and writes artifacts into `outdir`."""

    def __init__(self, config: Config | None = None, outdir: Path | None = None, say: Callable[[str], None] | None = None):
        self.config = config or Config()
        self.outdir = outdir or ROOT / "results"
        self.say = say or (lambda line: None)
        self.evaluated: list[str] = []  # stages computed, not read from the cache, in order
        self._results: dict[str, Any] = {}
        self._values: dict[str, dict[str, Any]] = {}  # JSON values of the results that were computed
        self._keys: dict[str, str] = {}

    @cached_property
    def context(self) -> Context:
        """What the artifacts must know about the run."""
        return Context(percent=self.config.selection.percent)

    @cached_property
    def _environment(self) -> dict[str, str]:
        return {"lock": cache.file_digest(LOCK), "python": ".".join(map(str, sys.version_info[:2]))}

    def _input_files(self, stage: Stage) -> dict[str, Path]:
        sections = [getattr(self.config, name) for name in stage.sections]
        given = {name: next(value for value in (getattr(section, name, None) for section in sections) if value is not None) for name in stage.paths}
        named = {name: Path(value) for name, value in given.items() if value}
        return {name: FROZEN / name for name in stage.files} | named

    def key(self, name: str) -> str:
        """The freshness key of a stage."""
        if name not in self._keys:
            stage = STAGES[name]
            content = {
                "code": cache.source_digest(stage.module),
                "config": {section: asdict(getattr(self.config, section)) for section in stage.sections},
                "needs": {need: self.key(need) for need in stage.needs},
                "files": {label: cache.file_digest(path) for label, path in self._input_files(stage).items()},
                **self._environment,
            }
            self._keys[name] = cache.digest(content)
        return self._keys[name]

    def get(self, name: str) -> Any:
        """The result of a stage: from memory, from the cache, or computed now (and then read back from the cache)."""
        if name not in self._results:
            result = cache.load_result(name, self.key(name))
            if result is None:
                stage = STAGES[name]
                inputs = {need: self.get(need) for need in stage.needs}
                inputs |= {f"{section}_config": getattr(self.config, section) for section in stage.sections[1:]}
                start = time.perf_counter()
                self.say(f"  {name} ...")
                event("stage_start", stage=name)
                for path in self._input_files(stage).values():
                    if path.parent.name == SIMULATIONS:
                        importlib.import_module("analysis.arrays").check_simulation(path)
                run = importlib.import_module(stage.module).run
                result = self._keep(name, run(getattr(self.config, stage.sections[0]), **inputs))
                seconds = time.perf_counter() - start
                self.say(f"  {name} done in {seconds:.1f} s")
                event("stage_done", stage=name, seconds=round(seconds, 3))
                self.evaluated.append(name)
            else:
                event("stage_cached", stage=name, key=self.key(name))
            self._results[name] = result
        return self._results[name]

    def _keep(self, name: str, result: Any) -> Any:
        """Put a result into the cache and return it as it will be read back; a cache that cannot take it costs time and no more."""
        seal_kernels()
        try:
            record, result = cache.store_result(name, self.key(name), result)
        except OSError as error:
            self.say(f"  {name} is not kept in {cache.CACHE_DIR} ({error.strerror}): the next run computes it again")
            record, result = error.packed  # type: ignore[attr-defined]
        self._values[name] = record["values"]
        return result

    def peek(self, name: str) -> dict[str, Any]:
        """The JSON values of a stage's result, read without NumPy when the cache holds them."""
        if name not in self._values:
            record = cache.peek_result(name, self.key(name))
            if record:
                return record["values"]
            self._results.pop(name, None)
            self.get(name)
        return self._values[name]

    # -- artifacts ---------------------------------------------------------------------------------------------------

    def _output_key(self, output: Output, written: dict[str, dict[str, Any]]) -> str:
        """Key of an output: its code, its stages' keys and the run; a derived output depends on the files before it."""
        content: dict[str, Any] = {
            "code": cache.source_digest(output.module), "context": asdict(self.context), "needs": {need: self.key(need) for need in output.needs},
            **self._environment,
        }
        if output in DERIVED:
            content["files"] = {name: entry["files"] for name, entry in written.items()}
            content["manifest"] = cache.file_digest(FROZEN / "MANIFEST.json")
            content["config"] = asdict(self.config)
            content["reads"] = {name: cache.file_digest(ROOT / name) for name in output.reads}
        return cache.digest(content)

    def _provenance(self, name: str = PROVENANCE) -> dict[str, Any]:
        """What a finished build recorded, or an interrupted one in its journal: groups of artifacts as far as they make sense; {} without any.

        `config` holds the parameters of all of them, None where a build with other parameters was interrupted.
        """
        try:
            content = json.loads((self.outdir / name).read_bytes())
            outputs = {group: entry for group, entry in content["outputs"].items() if isinstance(entry["files"], dict)}
            return {"outputs": outputs, "names": [str(file) for file in content.get("names", ())], "config": content.get("config")}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}

    def _note(self, outputs: dict[str, dict[str, Any]], names: set[str], alike: bool) -> None:
        """Put the journal in the place of provenance.json, before a file of these `names` changes; `alike`: all are of the present parameters.

        What is derived from files is left out: only the end of a build tells that nothing else changed these meanwhile.
        """
        made = {name: entry for name, entry in outputs.items() if name not in {output.name for output in DERIVED}}
        content = {"outputs": made, "names": sorted(names), "config": asdict(self.config) if alike else None}
        atomic.write_atomic(self.outdir / JOURNAL, json.dumps(content).encode(), durable=False)
        (self.outdir / PROVENANCE).unlink(missing_ok=True)

    def _sound(self, entry: Any, key: str) -> bool:
        """True when a recorded output has this key and all its files still have their checksums."""
        if not entry or entry.get("key") != key:
            return False
        return all(cache.file_digest(self.outdir / name) == value for name, value in entry["files"].items())

    def write(self, only: tuple[str, ...] = ()) -> list[str]:
        """Bring every artifact in `outdir` up to date and return the names of the groups that were written.

        With `only`, just the artifacts that follow from those stages alone; InputError where some of other parameters would stay beside
        them. provenance.json gives way to a journal before the first file changes and is written last, so an interrupted build is never
        taken for a finished one and the next goes on from there. While another build writes to `outdir`, this one waits; what killed
        builds left unfinished is removed.
        """
        made = [path for path in (self.outdir, *self.outdir.parents) if not path.exists()]
        self._require_writable()
        with atomic.locked(self.outdir, self.say):
            for folder in (self.outdir, cache.CACHE_DIR / "stages", ROOT):
                atomic.sweep(folder)
            try:
                return self._write(only, made)
            except OSError as error:
                error.filename = error.filename or str(self.outdir)  # a failed write knows no name
                raise

    def _write(self, only: tuple[str, ...], made: list[Path]) -> list[str]:
        reach = self._closure(only)
        outputs = [o for o in OUTPUTS if not only or (set(o.needs) <= reach and set(o.needs) & set(only))]
        derived = () if only else DERIVED
        known = self._provenance() or self._provenance(JOURNAL)
        before = known.get("outputs", {})
        names = {name for entry in before.values() for name in entry["files"]} | set(known.get("names", ()))
        other = _other_parameter(known.get("config"), self.config) if before else ""
        if only and other != "":
            self._require_alike(before, {output.name for output in outputs}, other)
        done: dict[str, dict[str, Any]] = {} if not only else {n: e for n, e in before.items() if n not in {d.name for d in DERIVED}}
        written: list[str] = []
        total = len(outputs) + len(derived)
        try:
            for output in outputs:  # every stage is evaluated before the first file changes, so bad input leaves all of them alone
                if not self._sound(before.get(output.name), self._output_key(output, done)):
                    for need in output.needs:
                        self.get(need)
        except BaseException:
            with suppress(OSError):
                for path in made:
                    path.rmdir()
            raise
        for number, output in enumerate((*outputs, *derived), start=1):
            key = self._output_key(output, done)
            entry = before.get(output.name)
            if not self._sound(entry, key):
                self.say(f"[{number}/{total}] {output.name}")
                start = time.perf_counter()
                entry = {"key": key, "files": self._make(output, {**before, **done}, names, other == "")}
                event("output_written", output=output.name, seconds=round(time.perf_counter() - start, 3), files=sorted(entry["files"]))
                written.append(output.name)
            done[output.name] = entry
        if only and not written:
            for name in only:
                self.get(name)
        if written or not (self.outdir / PROVENANCE).is_file():
            mine = {name: value for output in (*outputs, *derived) for name, value in done[output.name]["files"].items()}
            foreign = sorted(name for name, value in mine.items() if cache.file_digest(self.outdir / name) != value)
            if foreign:
                raise InputError(f"{self.outdir}: something else changed {', '.join(foreign[:3])} during this build; run it again when nothing else writes there.")
            self._finish(done, names, bool(only))
        (self.outdir / JOURNAL).unlink(missing_ok=True)
        cache.prune(self._keys, complete=not only)
        return written

    def outdated(self) -> list[str]:
        """Names of the groups of artifacts that are missing, altered, or not of these data, parameters and sources; nothing is computed."""
        before, done, late = self._provenance().get("outputs", {}), {}, []
        for output in (*OUTPUTS, *DERIVED):
            entry = before.get(output.name)
            if not self._sound(entry, self._output_key(output, done)):
                late.append(output.name)
            done[output.name] = entry or {"files": {}}
        return late

    def _require_alike(self, before: dict[str, dict[str, Any]], mine: set[str], other: str | None) -> None:
        """Raise InputError when a recorded group that is not to be made again (not in `mine`) is of other parameters than the present ones."""
        outputs = {output.name: output for output in OUTPUTS}  # what is derived rests on every parameter
        others = [name for name in before if name not in mine]
        if any(name not in outputs or before[name].get("key") != self._output_key(outputs[name], {}) for name in others):
            raise InputError(
                f"{self.outdir} holds results of other parameters ({other or 'of an interrupted run'}), which --only would mix with these;"
                " name another folder with --outdir, or leave out --only to replace them all."
            )

    def _make(self, output: Output, known: dict[str, dict[str, Any]], made: set[str], alike: bool) -> dict[str, str]:
        """Run one writer in a scratch directory, move its files into place and return their checksums; their names join `made`."""
        inputs = {need: self.get(need) for need in output.needs}
        with atomic.atomic_directory(self.outdir) as scratch:
            write = getattr(importlib.import_module(output.module), output.function)
            if output in DERIVED:
                write(scratch, self.context, artifacts=self.outdir, config=self.config, keys={name: self.key(name) for name in STAGES})
            else:
                write(scratch, self.context, **inputs)
            names = sorted(path.name for path in scratch.iterdir())
            made.update(names)
            self._note(known, made, alike)
            return {name: cache.file_digest(scratch / name) for name in names}

    def _finish(self, outputs: dict[str, dict[str, Any]], made: set[str], incomplete: bool) -> None:
        """Remove artifacts that earlier runs made and this one does not, saying which, then write provenance.json."""
        removed = []
        for name in sorted(made - {name for entry in outputs.values() for name in entry["files"]}):
            with suppress(FileNotFoundError):
                (self.outdir / Path(name).name).unlink()
                removed.append(name)
        if removed:
            gone = ", ".join(removed)
            self.say(
                f"Removed from {self.outdir}, since they no longer agree with the rest: {gone}. A run without --only makes them again."
                if incomplete else f"Removed from {self.outdir}, since this run does not make them: {gone}."
            )
        content = {
            "artifacts": {name: {"sha256": value, "made_by": group} for group, entry in outputs.items() for name, value in entry["files"].items()},
            "outputs": outputs,
            "stages": {name: self.key(name) for name in STAGES},
            "config": asdict(self.config),
            "partial": self.context.stamp or None,
            "threads": threads(),
            "manifest_sha256": cache.file_digest(FROZEN / "MANIFEST.json"),
            **self._environment,
        }
        text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        cache.write_atomic(self.outdir / PROVENANCE, text.encode())

    def _closure(self, names: tuple[str, ...]) -> set[str]:
        reach: set[str] = set()
        pending = list(names)
        while pending:
            name = pending.pop()
            if name not in reach:
                reach.add(name)
                pending.extend(STAGES[name].needs)
        return reach

    def _require_writable(self) -> None:
        try:
            self.outdir.mkdir(parents=True, exist_ok=True)
            with atomic.scratch_directory(self.outdir):
                pass
        except OSError as error:
            raise InputError(f"{self.outdir}: cannot write there ({error.strerror}); choose another --outdir.") from None


def _other_parameter(recorded: Any, config: Config) -> str | None:
    """The first parameter with another value in a recorded configuration than now; empty when none has, None where the record does not tell.

    A parameter that the record does not know came with an edit of the code, which the keys tell.
    """
    if not isinstance(recorded, dict):
        return None
    for section, values in json.loads(json.dumps(asdict(config))).items():
        known = recorded.get(section)
        for name, value in values.items():
            if isinstance(known, dict) and known.get(name, value) != value:
                return f"{section}.{name}"
    return ""
