"""Speed tables: our kernels against peers, each table measured in one run."""
