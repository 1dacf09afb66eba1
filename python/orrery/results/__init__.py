# SPDX-License-Identifier: Apache-2.0
"""Results in files, and as people look at them."""
