// SPDX-License-Identifier: Apache-2.0
// Only the precompiled header of this file is used (OrreryPrecompiled.cmake).
