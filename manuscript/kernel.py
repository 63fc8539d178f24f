"""Start of the chunks' kernel (PYTHONSTARTUP in _environment): Quarto's own first cell runs without Matplotlib and pandas.

That cell imports both, which takes a second or more for each format, to set defaults of plots and tables that our chunks never make: they
show what the build wrote. The two are hidden while it runs; afterwards a chunk can import them as ever.
"""


def _hide(*names: str) -> None:
    from sys import modules  # a local name, because Quarto's cell ends by clearing the global ones

    shell = get_ipython()  # noqa: F821 (IPython puts it into the namespace of this file)
    hidden = [name for name in names if name not in modules]

    def show(*_: object) -> None:
        shell.events.unregister("post_run_cell", show)
        for name in hidden:
            modules.pop(name, None)

    shell.events.register("post_run_cell", show)
    modules.update(dict.fromkeys(hidden))  # None makes an import fail as if the package were not installed


_hide("matplotlib", "pandas")
