"""What running units costs: dispatch per unit, and 64 tree fits on each back end beside the same fits one by one.

    python benchmarks/units.py [--rounds 5] [--jobs 2] [--fits 64] [--without loky dask]

The back ends run in turn, round after round; medians are printed, and ratios to the serial loop of the same round.
Every back end has to give the same bits. `loop` is a bare Python loop without any of this package's machinery; process
back ends are warm (their start is a column of its own). Dask runs where the extra `scale` is installed, on a cluster
of worker processes on loopback.
"""

import argparse
import hashlib
import logging
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from sklearn.datasets import make_classification
from sklearn.tree import DecisionTreeClassifier

from privnb.run.store import Store
from privnb.run.tokens import TokenPool
from privnb.run.units import StoredUnits
from privnb.units import Unit


def tree_fits(count: int):
    """A compute function of seeded shadow fits, 10,000 of 20,000 x 20 rows each, and its units."""
    X, y = make_classification(20_000, 20, n_informative=10, random_state=0)

    def compute(unit: Unit) -> dict:
        seed = unit.inputs["seed"]
        rows = np.random.default_rng(seed).choice(len(X), len(X) // 2, replace=False)
        tree = DecisionTreeClassifier(max_depth=8, random_state=seed).fit(X[rows], y[rows])
        return {"scores": tree.predict_proba(X)[:, 1]}

    return compute, [Unit(f"shadow-{i}", {"seed": i}) for i in range(count)]


def nothing(count: int):
    """Units that do nothing: what is left is dispatch."""

    def compute(unit: Unit) -> dict:
        return {"x": np.zeros(8)}

    return compute, [Unit(f"unit-{i}", {"i": i}) for i in range(count)]


def timed(run) -> tuple[float, list[dict]]:
    """Seconds and results."""
    start = time.perf_counter()
    results = run()
    return time.perf_counter() - start, results


def bits(results: list[dict]) -> str:
    """SHA-256 of all arrays."""
    digest = hashlib.sha256()
    for result in results:
        for name in sorted(result):
            digest.update(np.ascontiguousarray(result[name]).tobytes())
    return digest.hexdigest()


def dispatch(runners: dict, rounds: int) -> None:
    """Milliseconds a unit that does nothing."""
    compute, units = nothing(200)
    taken: dict[str, list[float]] = {name: [] for name in runners}
    for number in range(rounds):
        for name, make in runners.items():
            seconds, _ = timed(lambda make=make, number=number: make({"dispatch": number}).map(compute, units))
            taken[name].append(seconds / len(units) * 1000)
    print("\ndispatch, ms a unit (median, least)")
    for name, values in taken.items():
        print(f"  {name:28s} {statistics.median(values):7.3f} {min(values):7.3f}")


def fits(runners: dict, rounds: int, count: int) -> None:
    """Seconds for the fits, and the median ratio to the bare loop of the same round."""
    compute, units = tree_fits(count)
    taken: dict[str, list[float]] = {name: [] for name in ("loop", *runners)}
    starts: dict[str, float] = {}
    for name, make in runners.items():
        starts[name], _ = timed(lambda make=make: make({}).map(compute, units[:2]))
    wanted = bits([compute(unit) for unit in units])
    for number in range(rounds):
        for name in taken:
            if name == "loop":
                seconds, found = timed(lambda: [compute(unit) for unit in units])
            else:
                seconds, found = timed(lambda name=name, n=number: runners[name]({"fits": n}).map(compute, units))
            if bits(found) != wanted:
                raise SystemExit(f"{name} gives other bits than the loop")
            taken[name].append(seconds)
    print(
        f"\n{count} tree fits: median s, times as fast as the loop of the same round (median, range), first two units s"
    )
    for name, values in taken.items():
        ratios = [loop / own for loop, own in zip(taken["loop"], values, strict=True)]
        first = f"{starts[name]:.2f}" if name in starts else ""
        print(
            f"  {name:28s} {statistics.median(values):6.2f} {min(values):6.2f}  {statistics.median(ratios):5.2f}x "
            f"({min(ratios):.2f}-{max(ratios):.2f})  {first}"
        )
    print("  all with the same bits")


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--fits", type=int, default=64)
    parser.add_argument("--without", nargs="*", default=[], choices=["loky", "dask"])
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store, jobs = Store(folder / "store"), given.jobs
        pool = TokenPool(folder / "tokens", jobs)
        runners = {
            "serial": lambda scope: StoredUnits(None, scope, 1),
            "serial, stored": lambda scope: StoredUnits(store, {"serial": scope}, 1),
            "threads": lambda scope: StoredUnits(None, scope, jobs),
            "threads, stored": lambda scope: StoredUnits(store, {"threads": scope}, jobs),
            "threads, stored, tokens": lambda scope: StoredUnits(store, {"tokens": scope}, jobs, tokens=pool),
        }
        stack.enter_context(pool.acquire())
        if "loky" not in given.without:
            runners["loky"] = lambda scope: StoredUnits(None, scope, jobs, "loky")
        if "dask" not in given.without:
            address = stack.enter_context(_cluster(jobs))
            if address:
                runners["dask"] = lambda scope: StoredUnits(None, scope, jobs, f"dask:{address}")
        dispatch(runners, given.rounds)
        fits(runners, given.rounds, given.fits)


@contextmanager
def _cluster(jobs: int) -> Iterator[str | None]:
    """The address of a new cluster, or None where dask is not installed."""
    try:
        from distributed import LocalCluster
    except ImportError:
        print("dask is not installed: left out")
        yield None
        return
    with LocalCluster(
        processes=True, n_workers=jobs, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1",
        silence_logs=logging.CRITICAL,
    ) as cluster:  # fmt: skip
        yield cluster.scheduler_address


if __name__ == "__main__":
    main()
