"""privnb's attacks beside those of the Adversarial Robustness Toolbox (ART), on the same splits and targets.

    python benchmarks/attacks.py [--only digits adult ...] [--targets 18] [--shadows 16]

Prints for each figure what is asked of privnb, what privnb and ART reach, and the ratio (of AUC: of what lies above
.5; of times and errors: ART over privnb). Membership: each target is one of N + 2 models trained on a random half of
the table, the other half are its non-members; privnb uses N other models, never the target's twin, and no membership
label; method and constants are chosen on those models. All N + 2 models play target by default: on Adult one model's
AUC has a standard deviation of .01, so a mean of 8 is good to .004 only. ART, where it is installed (extra `peers`),
is given half of the target's true membership labels and scored on the rest; the best of its three attack models is
taken for each figure, which flatters it.
"""

import argparse
import functools
import warnings
from collections.abc import Callable, Iterator

from against_art.cost import audit, overhead, scoring
from against_art.membership import budget, membership, offline
from against_art.records import attribute, reconstruction, shapr
from against_art.tables import Line

SECTIONS: dict[str, Callable[[argparse.Namespace], Iterator[Line]]] = {
    "digits": functools.partial(membership, "digits", ">= .97", ">= .60"),
    "adult": functools.partial(membership, "adult", ">= .635", ">= .050"),
    "cancer": functools.partial(membership, "cancer", ">= .75", ""),
    "budget": budget,
    "offline": offline,
    "scoring": scoring,
    "overhead": overhead,
    "audit": audit,
    "attribute": attribute,
    "shapr": shapr,
    "reconstruction": reconstruction,
}


def main() -> None:
    """Print a table of figures: asked, privnb's, ART's and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(SECTIONS), default=list(SECTIONS), metavar="NAME")
    parser.add_argument("--shadows", type=int, default=16)
    parser.add_argument("--targets", type=int, default=18)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'section':15s} {'figure':36s} {'asked':>8s} {'privnb':>10s} {'ART':>10s} {'ratio':>9s}")
    for name in options.only:
        for line in SECTIONS[name](options):
            art, ratio = (f"{value:.3g}" if value is not None else "-" for value in (line.art, line.ratio))
            print(f"{name:15s} {line.figure:36s} {line.asked:>8s} {line.ours:10.4g} {art:>10s} {ratio:>9s}", flush=True)


if __name__ == "__main__":
    main()
