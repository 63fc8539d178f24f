"""The pipeline behind the paper: catalogue -> population, migration -> claims -> report.

Importing the package sets one BLAS thread per process and points Numba's cache at a directory named by the
kernels' source, so this must happen before NumPy or Numba is imported.
"""

from analysis.runtime import prepare_environment

prepare_environment()
