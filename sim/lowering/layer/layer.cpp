// SPDX-License-Identifier: Apache-2.0
#include "lowering/layer/layer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace orrery::lowering {

void LayerRequest::error(std::string message, std::string expected) const {
  diagnostics.add({op().where, "", fmt::format("operator '{}': {}", op().name, message),
                   std::move(expected), ""});
}

std::optional<timing::Dataflow> LayerRequest::dataflow() const {
  if (machine.arrays.empty()) {
    error("the platform has no array to compute it",
          "an engine of kind systolic_array, mac_array or bit_serial_array");
    return std::nullopt;
  }
  const auto& known = machine.arrays.front().dataflows;
  const timing::Dataflow wanted = mapping.dataflow ? mapping.dataflow->value : known.front();
  if (std::find(known.begin(), known.end(), wanted) != known.end()) {
    return wanted;
  }
  std::vector<std::string> names;
  for (const timing::Dataflow& one : known) {
    names.emplace_back(one.name());
  }
  const std::string message = fmt::format("the array cannot run dataflow '{}'", wanted.name());
  const std::string expected = "one of " + config::join(names, ", ");
  if (mapping.dataflow->path.starts_with("mapping.layers")) {
    error_at(*mapping.dataflow, message, expected);
  } else {
    error(message, expected);
  }
  return std::nullopt;
}

bool LayerRequest::takes(numeric::ElementType a, numeric::ElementType b) const {
  const Machine::Array& array = machine.arrays.front();
  if (array.takes(a, b)) {
    return true;
  }
  std::vector<std::string> a_names;
  for (const numeric::ElementType type : array.steps->a_types) {
    a_names.push_back(numeric::name(type) +
                      (numeric::is_table(type) ? " (tables of activations)" : ""));
  }
  std::vector<std::string> b_names;
  for (const auto& [type, cycles] : array.steps->b_types) {
    b_names.push_back(numeric::name(type));
  }
  std::string others = ", or an array beside it that does";
  for (const Machine::Array& other : machine.other_arrays) {
    if (other.takes(a, b)) {
      others = fmt::format(", or a rule of the mapping that gives it to '{}' (key engines)",
                           machine.name_of(other.engine));
      break;
    }
  }
  error(fmt::format("array '{}' does not multiply {} by {}", machine.name_of(array.engine),
                    numeric::name(a), numeric::name(b)),
        fmt::format("one of {} by one of {}{}", config::join(a_names, ", "),
                    config::join(b_names, ", "), others));
  return false;
}

void LayerRequest::check_keys(const config::Located<Sizes>& sizes, const Names& known) const {
  for (const auto& [name, size] : sizes.value) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      error_at(sizes, fmt::format("it has no '{}'", name), "one of " + config::join(known, ", "),
               base::nearest_name(name, known));
    }
  }
}

std::int64_t LayerRequest::part_of_scratchpad(std::int64_t percent) const {
  return static_cast<std::int64_t>(static_cast<__int128>(machine.scratchpad_bytes) * percent / 100);
}

std::vector<LayerRequest::Budget> LayerRequest::budgets() const {
  const std::int64_t whole = machine.scratchpad_bytes;
  const std::int64_t part = part_of_scratchpad(mapping.tile_budget_percent);
  if (!mapping.double_buffering) {
    return {{part, 1}, {whole, 1}};
  }
  return {{part, 2}, {whole, 2}, {whole, 1}};
}

std::int64_t LayerRequest::scratchpad_base(std::int64_t bytes) const {
  if (index % 2 == 0) {
    return 0;
  }
  return (machine.scratchpad_bytes - bytes) / kBufferAlignment * kBufferAlignment;
}

void LayerRequest::error_too_small(std::int64_t bytes_needed, const std::string& what) const {
  error(fmt::format("the {} does not fit the scratchpad of {} and the accumulators", what,
                    base::to_string(base::Bytes{machine.scratchpad_bytes})),
        fmt::format("a scratchpad of at least {}", base::to_string(base::Bytes{bytes_needed})));
}

}  // namespace orrery::lowering
