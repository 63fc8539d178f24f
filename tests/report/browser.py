"""A page run in headless Chromium under a policy that allows its own scripts by digest and nothing else: no request, no eval, no inline handler."""

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["report"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
COLLECT = """window.problems = [];
addEventListener("error", (event) => problems.push(event.message));
document.addEventListener("securitypolicyviolation", (event) => problems.push(event.violatedDirective + " " + event.blockedURI));
for (const level of ["error", "warn"]) console[level] = (...words) => problems.push(words.join(" "));"""


def report(page: str, scenario: str, folder: Path, window: str, budget_ms: int) -> dict:
    """What the scenario (JavaScript that ends in a `pre` with the id report) saw on the page; skips the test without Chromium."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    page = page.replace("</body>", f"<script>{scenario}</script></body>").replace("<head>", f"<head><script>{COLLECT}</script>", 1)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = " ".join("'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'" for script in scripts)
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {digests}"
    page = page.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">', 1)
    (folder / "page.html").write_text(page, encoding="utf-8")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={folder / 'profile'}", f"--window-size={window}",
        f"--virtual-time-budget={budget_ms}", "--dump-dom", (folder / "page.html").as_uri(),
    ]
    answer = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=False)
    found = re.search(r'<pre id="report">(.*?)</pre>', answer.stdout, re.DOTALL)
    assert found, answer.stderr[-2000:]
    return json.loads(html.unescape(found[1]))
