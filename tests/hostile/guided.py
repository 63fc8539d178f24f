"""Coverage-guided cases of one target: python -m tests.hostile.guided TARGET CASES SEED FOLDER (needs atheris).

libFuzzer changes the seed inputs and keeps what reaches new branches of the readers. The tally is written to FOLDER/tally.json.
"""

import contextlib
import json
import sys
import tempfile
from pathlib import Path

import analysis  # noqa: F401  (sets one BLAS thread before NumPy is imported)

with contextlib.suppress(ImportError):
    import atheris

    with atheris.instrument_imports(include=["analysis.catalogue", "analysis.inputs", "analysis.config", "analysis.arrays", "analysis.population"], enable_loader_override=False):
        from tests.hostile.measure import Tally
        from tests.hostile.strategies import SEEDS

__all__ = ["main"]

EVERY = 20  # cases between two writings of the tally: libFuzzer ends the process itself


def main(target: str, cases: int, seed: int, folder: Path) -> None:
    """Run the cases; libFuzzer ends the process."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, raw in enumerate(SEEDS[target]):
        (corpus / f"seed{number}").write_bytes(raw)
    place = Path(tempfile.mkdtemp(dir=folder))
    tally = Tally(target, "guided", str(folder.parent))
    longest = 2 * max(map(len, SEEDS[target])) + 200

    def one(raw: bytes) -> None:
        (folder / "current").write_bytes(raw)
        tally.add(raw, place)
        if tally.cases % EVERY == 0 or tally.cases >= cases:
            (folder / "tally.json").write_text(json.dumps(tally.content()), encoding="utf-8")

    atheris.Setup(
        [sys.argv[0], f"-runs={cases}", f"-seed={seed}", f"-max_len={longest}", "-len_control=0", "-verbosity=0", "-print_final_stats=0", str(corpus)], one,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
