#!/usr/bin/env bash
# What a build needs and whether it is there. Exit status 1 when something must be mended.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
status=0

line() { printf '%-12s %s\n' "$1" "$2"; }

if [ -x .venv/bin/python ]; then
    line Python "$(.venv/bin/python --version 2>&1) in .venv"
    if cmp -s requirements.lock .venv/installed.lock; then line packages "as in requirements.lock"; else line packages "not as in requirements.lock: run just setup"; status=1; fi
else
    line Python "$(python3 --version 2>&1); no .venv yet: run just setup"
    status=1
fi
if command -v uv >/dev/null; then line installer "$(uv --version)"; else line installer "pip (uv would be faster)"; fi
quarto=$([ -x .venv/bin/quarto ] && echo .venv/bin/quarto || command -v quarto || true)
if [ -n "$quarto" ] && version=$("$quarto" --version 2>/dev/null); then
    line Quarto "$version at $quarto (1.7 or later is used; older gives way to the fallback builder)"
else
    line Quarto "not found: the paper is built by the fallback builder (pandoc and Typst)"
fi
line cores "$(getconf _NPROCESSORS_ONLN)"
free=$(df -Pk . | awk 'NR == 2 { printf "%d", $4 / 1024 }')
if [ "$free" -ge 2048 ]; then line disk "$free MB free"; else line disk "$free MB free: 2048 MB are needed"; status=1; fi
exit $status
