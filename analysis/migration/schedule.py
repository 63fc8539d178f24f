"""Chunks handed out one by one to whoever is free: threads of this process, or the workers of a Dask cluster.

Few chunks are under way at a time, whatever their number, so memory does not grow with it. The order of results is that of completion.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import Any, TypeVar

from analysis.errors import InputError

__all__ = ["on_dask", "on_threads", "require_dask"]

MISSING_DASK = "--workers and --scheduler need Dask; install the extra with `just setup --extra sweep`, or leave the option out to use threads."
AHEAD = 2  # chunks under way per thread
DEATHS = 3  # times a chunk may lose its worker before it is given up
T, R = TypeVar("T"), TypeVar("R")


def require_dask() -> None:
    """Raises InputError when Dask is not installed."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise InputError(MISSING_DASK) from None


def on_threads(function: Callable[[T], R], tasks: Iterable[T], threads: int) -> Iterator[R]:
    """function(task) of every task, on `threads` threads of this process; `function` must release the interpreter lock to gain from them.

    Closing the iterator, or an exception, drops what has not begun and does not wait for what has.
    """
    waiting = iter(tasks)
    pool = ThreadPoolExecutor(threads)
    try:
        running: set[Future[R]] = {pool.submit(function, task) for task in islice(waiting, AHEAD * threads)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(function, task) for task in islice(waiting, len(done))}
            for future in done:
                yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def on_dask(function: Callable[[T], R], tasks: Iterable[T], scheduler: str = "", workers: int = 0) -> Iterator[R]:
    """function(task) of every task on the cluster at `scheduler` (tcp://host:port), or on `workers` processes started here, one thread each.

    A chunk whose worker dies is given to another one. Raises InputError without Dask, without a cluster that answers or has workers, or when
    one chunk has lost its worker DEATHS times.
    """
    require_dask()
    import dask
    from distributed import Client, LocalCluster, as_completed
    from distributed.scheduler import KilledWorker

    with dask.config.set({"distributed.scheduler.allowed-failures": DEATHS}):
        try:
            cluster: Any = LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None) if workers else None
        except (OSError, RuntimeError, TimeoutError) as error:
            raise InputError(f"--workers {workers}: Dask could not start them ({error}); try fewer, or leave the option out to use threads.") from None
        try:
            try:
                client = Client(cluster or scheduler, timeout="15s")
            except (OSError, ValueError, TimeoutError) as error:
                raise InputError(f"--scheduler {scheduler}: no Dask scheduler answers there ({error}); expected an address like tcp://host:8786.") from None
            with client:
                slots = sum(client.nthreads().values())
                if not slots:
                    raise InputError(f"--scheduler {scheduler}: it has no workers; start some with `dask worker {scheduler}` in this repository.")
                waiting = iter(tasks)
                running = as_completed([client.submit(function, task, pure=False) for task in islice(waiting, AHEAD * slots)])
                for future in running:
                    try:
                        result = future.result()
                    except KilledWorker:
                        raise InputError(f"a chunk lost its worker {DEATHS} times; see the workers' logs. What is finished is kept.") from None
                    for task in islice(waiting, 1):
                        running.add(client.submit(function, task, pure=False))
                    yield result
        finally:
            if cluster is not None:
                cluster.close()
