# SPDX-License-Identifier: Apache-2.0
"""Reads ONNX models and writes them as workloads of `kind: graph`; docs/onnx.md."""
