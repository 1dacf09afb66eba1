# SPDX-License-Identifier: Apache-2.0
"""Studies and sweeps: their figures, plots and tables."""
