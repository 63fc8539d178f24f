#!/usr/bin/env bash
# What a build needs and whether it is there (tools/doctor.py). Any Python from 3.8 on can tell, the environment's own comes last: it may be broken.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for python in python3 python3.13 python3.12 python3.11 .venv/bin/python; do
    if command -v "$python" >/dev/null && "$python" -c 'import sys, json, hashlib; print(sys.version_info >= (3, 8))' 2>/dev/null | grep -q True; then
        exec "$python" tools/doctor.py "$@"
    fi
done
echo "problem  Python: none from 3.8 on works here; install Python 3.11, 3.12 or 3.13 (on Debian: apt install python3 python3-venv) and run this again."
exit 1
