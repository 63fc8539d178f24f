#!/usr/bin/env bash
# Bring .venv in line with requirements.lock and with the locks of the extras that were asked for, now or before:
# nothing to do where its copies of the locks are the current ones.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

LOCK=requirements.lock
STAMP=.venv/installed.lock
PYTHON=.venv/bin/python
WANTED='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

fail() { printf '%s\n' "$1" >&2; exit 2; }

extras() {
    local file
    for file in requirements-*.lock; do file=${file#requirements-}; printf '%s, ' "${file%.lock}"; done
}

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
    total=$(grep -c '^[a-z0-9].*==' "$1")
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
    { "$PYTHON" -m pip install --disable-pip-version-check --no-input --progress-bar off --no-deps --require-hashes -r "$1" \
        2>&1 >&3 3>&- | without_mirror_noise; } 3>&1 | show_progress "$1"
}

install_with_uv() { uv pip install --quiet --python "$PYTHON" --no-deps --require-hashes -r "$1"; }

# Install the lock $1 and say that it takes $2 with uv, $3 with pip.
install_lock() {
    if command -v uv >/dev/null; then
        echo "Setting up .venv from $1 with uv (once, $2) ..."
        install_with_uv "$1" || { echo "uv did not succeed; trying pip." >&2; install_with_pip "$1" || return 1; }
    else
        echo "Setting up .venv from $1 with pip (once, $3) ..."
        install_with_pip "$1" || return 1
    fi
}

quarto= asked=
while [ $# -gt 0 ]; do
    case $1 in
        --quarto) quarto=yes ;;
        --extra)
            [ -n "${2:-}" ] && [ -f "requirements-$2.lock" ] ||
                fail "--extra takes one of: $(extras)not '${2:-}'."
            asked="$asked $2"
            shift ;;
        *) fail "setup knows the options --quarto and --extra NAME only, not '$1'." ;;
    esac
    shift
done

[ -x "$PYTHON" ] || create_venv
"$PYTHON" -c "$WANTED" 2>/dev/null ||
    fail "The Python in .venv is not 3.11, 3.12 or 3.13, or no longer works: remove the folder .venv and run this again."

if ! cmp -s "$LOCK" "$STAMP"; then
    rm -f "$STAMP"
    start=$SECONDS
    install_lock "$LOCK" "well below a minute" "one to three minutes" ||
        fail "The packages of $LOCK could not be installed (see above): check the network or the package index and run this again."
    cp "$LOCK" "$STAMP"
    echo "The environment is ready after $((SECONDS - start)) s."
fi

# Extras stay: what was asked for once is kept in line with its lock, without stopping a build that does not need it.
for lock in requirements-*.lock; do
    [ -f "$lock" ] || continue
    extra=${lock#requirements-} extra=${extra%.lock}
    case " $asked " in *" $extra "*) required=yes ;; *) required= ;; esac
    stamp=.venv/installed-$extra.lock
    [ -n "$required" ] || [ -f "$stamp" ] || continue
    cmp -s "$lock" "$stamp" && continue
    rm -f "$stamp"
    status=0
    ( install_lock "$lock" "some seconds" "up to a minute" ) || status=$?
    if [ $status = 0 ]; then
        cp "$lock" "$stamp"
        echo "The extra '$extra' is ready."
        continue
    fi
    # Status 2: the reason has been told.
    [ $status = 2 ] || echo "The extra '$extra' could not be installed (not every system has its packages): just setup --extra $extra tries again." >&2
    [ -z "$required" ] || exit 2
done

# Bare `quarto render` looks here for the Python of its scripts and chunks.
[ -f _environment.local ] || echo "QUARTO_PYTHON=$PYTHON" > _environment.local

if [ -n "$quarto" ]; then
    pin=$("$PYTHON" tools/pins.py --quarto)
    echo "Installing $pin, which downloads a Quarto release from GitHub ..."
    if command -v uv >/dev/null; then uv pip install --quiet --python "$PYTHON" "$pin"; else "$PYTHON" -m pip install --quiet --disable-pip-version-check "$pin"; fi &&
        .venv/bin/quarto --version >/dev/null ||
        fail "Quarto could not be installed from here; the paper is built by the fallback builder, or install Quarto 1.7 or later yourself (https://quarto.org)."
fi
