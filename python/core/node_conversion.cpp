// SPDX-License-Identifier: Apache-2.0
#include "node_conversion.h"

#include <charconv>
#include <cstdint>

namespace orrery::python {
namespace {

namespace py = pybind11;

template <class T>
bool read_number(const std::string& text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

py::object value_of(const std::string& text) {
  if (text == "true" || text == "false") {
    return py::bool_(text == "true");
  }
  std::int64_t integer = 0;
  if (read_number(text, integer)) {
    return py::int_(integer);
  }
  double real = 0.0;
  // Words such as "inf" and "nan" are names here.
  if (text.find_first_of("0123456789") != std::string::npos && read_number(text, real)) {
    return py::float_(real);
  }
  return py::str(text);
}

config::Node map_of(const py::dict& values, const std::string& path) {
  config::Node node = config::Node::map();
  for (const auto& [key, value] : values) {
    const auto name = py::str(key).cast<std::string>();
    node.set(name, to_node(value, path + '.' + name));
  }
  return node;
}

config::Node sequence_of(const py::sequence& values, const std::string& path) {
  config::Node node = config::Node::sequence();
  std::size_t index = 0;
  for (const py::handle value : values) {
    node.append(to_node(value, path + '.' + std::to_string(index++)));
  }
  return node;
}

}  // namespace

py::object to_python(const config::Node& node) {
  switch (node.kind()) {
    case config::Node::Kind::kScalar:
      return value_of(node.text());
    case config::Node::Kind::kSequence: {
      py::list values;
      for (const config::Node& item : node.items()) {
        values.append(to_python(item));
      }
      return values;
    }
    case config::Node::Kind::kMap: {
      py::dict values;
      for (const config::Node::Entry& entry : node.entries()) {
        values[py::str(entry.key)] = to_python(entry.value);
      }
      return values;
    }
    case config::Node::Kind::kNull:
      break;
  }
  return py::none();
}

config::Node to_node(py::handle value, const std::string& path) {
  if (value.is_none()) {
    return {};
  }
  if (py::isinstance<py::bool_>(value)) {
    return config::Node::scalar(value.cast<bool>() ? "true" : "false");
  }
  if (py::isinstance<py::str>(value)) {
    return config::Node::scalar(value.cast<std::string>());
  }
  if (py::isinstance<py::int_>(value) || py::isinstance<py::float_>(value)) {
    return config::Node::scalar(py::repr(value).cast<std::string>());
  }
  if (py::isinstance<py::dict>(value)) {
    return map_of(py::reinterpret_borrow<py::dict>(value), path);
  }
  if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value)) {
    return sequence_of(py::reinterpret_borrow<py::sequence>(value), path);
  }
  // NumPy's numbers and arrays.
  if (py::hasattr(value, "tolist")) {
    return to_node(value.attr("tolist")(), path);
  }
  throw py::type_error(path + ": found " + py::repr(value).cast<std::string>() +
                       "; expected a dict, a list, a number, a bool, text or None");
}

}  // namespace orrery::python
