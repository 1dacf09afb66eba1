# SPDX-License-Identifier: Apache-2.0
"""Slow, obvious models to compare with."""
