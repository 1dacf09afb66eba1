// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "config/node.h"

namespace orrery::python {

// Maps, lists and values as dict, list, int, float, bool, str and None. A value that reads as a
// number or as true or false becomes one; quantities such as "64 KiB" are text.
[[nodiscard]] pybind11::object to_python(const config::Node& node);

// The other way. Sequences may be tuples, numbers NumPy's. Raises TypeError for what YAML has no
// form for, with the path to it.
[[nodiscard]] config::Node to_node(pybind11::handle value, const std::string& path);

}  // namespace orrery::python
