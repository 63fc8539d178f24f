#!/usr/bin/env bash
# Bring .venv in line with requirements.lock: nothing to do when its copy of the lock is the current one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

LOCK=requirements.lock
STAMP=.venv/installed.lock
PYTHON=.venv/bin/python
WANTED='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

fail() { printf '%s\n' "$1" >&2; exit 2; }

create_venv() {
    local candidate
    for candidate in python3.13 python3.12 python3.11 python3; do
        if command -v "$candidate" >/dev/null && "$candidate" -c "$WANTED" 2>/dev/null; then
            "$candidate" -m venv .venv >/dev/null 2>&1 && return
            command -v uv >/dev/null && uv venv --quiet --python "$candidate" .venv && return
            rm -rf .venv
            fail "$candidate cannot create virtual environments: install its venv module (Debian, Ubuntu: apt install python3-venv) and run this again."
        fi
    done
    fail "No Python 3.11, 3.12 or 3.13 was found on the PATH: install one and run this again."
}

# On a terminal, a running count in place of pip's several hundred lines.
show_progress() {
    local total count=0 line
    total=$(grep -c '^[a-z0-9].*==' "$LOCK")
    while IFS= read -r line; do
        case $line in
            Collecting*|Processing*|*"already satisfied"*) count=$((count + 1)); [ -t 1 ] && printf '\r  %d of at most %d packages' "$count" "$total" ;;
            Installing*) [ -t 1 ] && printf '\r  unpacking                         ' ;;
        esac
    done
    [ -t 1 ] && printf '\r\033[K'
    return 0
}

# Locations that a mirror lists but does not hold are no problem of the user's.
without_mirror_noise() { grep -v -E "^WARNING: (Location|Skipping page|The index url)|is ignored: it is " >&2 || true; }

install_with_pip() {
    "$PYTHON" -m pip --version >/dev/null 2>&1 || "$PYTHON" -m ensurepip >/dev/null 2>&1 ||
        fail "pip is missing in .venv: remove .venv, install python3-venv (Debian, Ubuntu: apt install python3-venv) and run this again."
    { "$PYTHON" -m pip install --disable-pip-version-check --no-input --progress-bar off --no-deps --require-hashes -r "$LOCK" \
        2>&1 >&3 3>&- | without_mirror_noise; } 3>&1 | show_progress
}

install_with_uv() { uv pip install --quiet --python "$PYTHON" --no-deps --require-hashes -r "$LOCK"; }

quarto=
for option in "$@"; do
    case $option in
        --quarto) quarto=yes ;;
        *) fail "setup knows the option --quarto only, not '$option'." ;;
    esac
done

[ -x "$PYTHON" ] || create_venv
"$PYTHON" -c "$WANTED" 2>/dev/null ||
    fail "The Python in .venv is not 3.11, 3.12 or 3.13, or no longer works: remove the folder .venv and run this again."

if ! cmp -s "$LOCK" "$STAMP"; then
    rm -f "$STAMP"
    start=$SECONDS
    if command -v uv >/dev/null; then
        echo "Setting up .venv from $LOCK with uv (once, well below a minute) ..."
        install_with_uv || { echo "uv did not succeed; trying pip." >&2; install_with_pip; }
    else
        echo "Setting up .venv from $LOCK with pip (once, one to three minutes) ..."
        install_with_pip
    fi || fail "The packages of $LOCK could not be installed (see above): check the network or the package index and run this again."
    cp "$LOCK" "$STAMP"
    echo "The environment is ready after $((SECONDS - start)) s."
fi

# Bare `quarto render` looks here for the Python of its scripts and chunks.
[ -f _environment.local ] || echo "QUARTO_PYTHON=$PYTHON" > _environment.local

if [ -n "$quarto" ]; then
    pin=$("$PYTHON" tools/pins.py --quarto)
    echo "Installing $pin, which downloads a Quarto release from GitHub ..."
    if command -v uv >/dev/null; then uv pip install --quiet --python "$PYTHON" "$pin"; else "$PYTHON" -m pip install --quiet --disable-pip-version-check "$pin"; fi &&
        .venv/bin/quarto --version >/dev/null ||
        fail "Quarto could not be installed from here; the paper is built by the fallback builder, or install Quarto 1.7 or later yourself (https://quarto.org)."
fi
