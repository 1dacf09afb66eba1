# SPDX-License-Identifier: Apache-2.0
"""The points of sweeps on a Dask cluster."""

from orrery.cluster.service import serve

__all__ = ["serve"]
