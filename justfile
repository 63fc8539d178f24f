# Bare `just` lists the recipes. Options after a recipe's name go to the program unchanged.
set positional-arguments
set shell := ["bash", "-uc"]

python := ".venv/bin/python"

# Recipes run in the project folder, where relative paths start; a message on a missing file looks in the caller's folder, too.
export VLMS_CALLED_FROM := invocation_directory()

_list:
    @"{{just_executable()}}" --justfile "{{justfile()}}" --list --unsorted

# The environment from requirements.lock, when it is missing or out of date
[no-exit-message]
_environment:
    @bash tools/setup.sh

# Build the environment from the lock (--quarto tries to add Quarto; --extra peers, --extra sweep)
[group("start here")]
[no-exit-message]
setup *args:
    @bash tools/setup.sh "$@"

# Report what a build needs, whether it is there and what to do (--network also tries the archives, --json)
[group("start here")]
[no-exit-message]
doctor *args:
    @bash tools/doctor.sh "$@"

# Build the paper, results/ and SUMMARY.txt: _output/manuscript/index.html and .pdf
[group("paper")]
[no-exit-message]
paper *args: _environment
    @{{python}} -m analysis --write-run "$@" && VLMS_EVALUATED=1 {{python}} tools/render.py

# Rebuild from the frozen data in a temporary folder and compare with the printed paper (--quick trusts the cache)
[group("paper")]
[no-exit-message]
verify *args: _environment
    @{{python}} -m analysis.verify "$@"

# Show how results/ differ from what the printed paper says, then make them what it says (--yes does not ask)
[group("paper")]
[no-exit-message]
accept *args: _environment
    @{{python}} -m analysis.verify --accept "$@"

# Write the AASTeX source bundle for a journal: _output/submission/ and .tar.gz (--output FOLDER: elsewhere)
[group("paper")]
[no-exit-message]
submit *args: _environment
    @{{python}} tools/submit.py "$@"

# Run the pipeline alone, e.g. `just analyze --percent 50`
[group("analysis")]
[no-exit-message]
analyze *args: _environment
    @{{python}} -m analysis "$@"

# Count the candidates, then ask which percentage to process
[group("analysis")]
[no-exit-message]
count *args: _environment
    @{{python}} -m analysis --count-candidates "$@"

# Integrate an ensemble of triples, e.g. `just sweep --systems 1000`; `just sweep freeze` keeps its outcomes
[group("analysis")]
[no-exit-message]
sweep *args: _environment
    @{{python}} -m analysis.migration.ensemble.sweep "$@"

# Run level 2 on the draws of the feasibility map; --help lists its options
[group("analysis")]
[no-exit-message]
ladder *args: _environment
    @{{python}} -m analysis.migration.ladder.stage "$@"

# Integrate planets that migrate around binaries; `just circumbinary freeze` keeps the outcomes
[group("analysis")]
[no-exit-message]
circumbinary *args: _environment
    @{{python}} -m analysis.migration.circumbinary.recipe "$@"

# Integrate the fixed triples directly (needs `just setup --extra peers`)
[group("analysis")]
[no-exit-message]
direct *args: _environment
    @{{python}} -m analysis.migration.direct.recipe "$@"

# Simulate catalogues to learn how often each test errs, and freeze the outcomes (--try freezes nothing)
[group("analysis")]
[no-exit-message]
calibrate *args: _environment
    @{{python}} -m analysis.calibrate "$@"

# Fetch the catalogues, their references and the Gaia cross-match from their archives into data/fetched
[group("data")]
[no-exit-message]
fetch *args: _environment
    @{{python}} -m analysis --fetch-only "$@"

# Show what new exports change, then freeze them into data/frozen: `just freeze --fetched latest` or `--ps FILE --bd FILE`
[group("data")]
[no-exit-message]
freeze *args: _environment
    @{{python}} -m analysis.freezing "$@"

# Run the tests in two processes (options go to pytest)
[group("development")]
[no-exit-message]
test *args: _environment
    @{{python}} -m pytest -n 2 --dist loadfile "$@"

# Interrupt and damage builds in every way and tell whether the next one is right (random kills for up to 90 minutes; --moments N, --minutes N, --part NAME)
[group("development")]
[no-exit-message]
torture *args: _environment
    @{{python}} tests/interruptions/torture.py "$@"

# Check style and the independence of the packages
[group("development")]
[no-exit-message]
lint: _environment
    @.venv/bin/ruff check . && .venv/bin/lint-imports

# Measure speed against other methods, in one run (--full: the long forms)
[group("development")]
[no-exit-message]
bench *args: _environment
    @{{python}} -m benchmarks "$@"

# Fetch from a genuine table service of Debian (DaCHS with PostgreSQL) and meet its errors; a minute
[group("development")]
[no-exit-message]
tap-server: _environment
    @{{python}} -m tests.services.trials

# Give every reader thousands of hostile inputs (--cases N; half of them guided by coverage with `just setup --extra fuzz`)
[group("development")]
[no-exit-message]
fuzz *args: _environment
    @{{python}} -m tests.hostile.fuzz "$@"

# Turn the pins of pyproject.toml into requirements.lock (needs uv) and environment.yml
[group("development")]
[no-exit-message]
lock: _environment
    @{{python}} tools/pins.py

# Remove everything a build writes (results, paper, caches, logs); the environment, simulations and a run.toml of your own stay
[group("development")]
clean:
    @rm -rf results _output .quarto _variables.yml logs errors .pytest_cache .hypothesis .ruff_cache .import_linter_cache
    @if [ -L .cache ]; then rm .cache; elif [ -d .cache ]; then find .cache -mindepth 1 -maxdepth 1 ! -name sweeps ! -name calibration -exec rm -rf {} +; fi
    @rmdir .cache/sweeps .cache/calibration .cache 2>/dev/null || true
    @[ ! -d .cache ] || echo "Kept: .cache/sweeps and .cache/calibration (simulations that may not be frozen yet)."
    @[ ! -f run.toml ] || if head -n 1 run.toml | grep -q '^# Parameters of the next paper;'; then rm -f run.toml; else echo "Kept: run.toml (not written by a build)."; fi
