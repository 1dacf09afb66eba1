// SPDX-License-Identifier: Apache-2.0
#include "sweep/metric_path.h"

#include <algorithm>
#include <vector>

namespace orrery::sweep {
namespace {

using report::Json;

// A key and what stands there.
struct Child {
  std::string name;
  const Json* value;
};

std::vector<Child> children(const Json& json) {
  std::vector<Child> result;
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      result.push_back({key, &value});
    }
  } else if (json.is_array()) {
    for (const Json& item : json) {
      if (item.is_object() && item.contains("name") && item["name"].is_string()) {
        result.push_back({item["name"].get<std::string>(), &item});
      }
    }
  }
  return result;
}

// What a step of the path found: names hold dots, so the longest that fits is taken.
const Child* longest_match(const std::vector<Child>& candidates, const std::string& rest) {
  const Child* best = nullptr;
  for (const Child& child : candidates) {
    const bool fits = rest.starts_with(child.name) &&
                      (rest.size() == child.name.size() || rest[child.name.size()] == '.');
    if (fits && (best == nullptr || child.name.size() > best->name.size())) {
      best = &child;
    }
  }
  return best;
}

}  // namespace

double read_metric(const report::Json& result, const Metric& metric) {
  const Json* at = &result;
  const std::string& path = metric.path.value;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::string rest = path.substr(begin);
    const std::vector<Child> candidates = children(*at);
    const Child* child = longest_match(candidates, rest);
    if (child == nullptr) {
      if (metric.absent) {
        return *metric.absent;
      }
      std::vector<std::string> names;
      for (const Child& candidate : candidates) {
        names.push_back(candidate.name);
      }
      const std::string step = rest.substr(0, rest.find('.'));
      const std::size_t shown = std::min<std::size_t>(names.size(), 20);
      throw base::UserError(base::Diagnostic{
          metric.path.where, path, "the result has no '" + step + "' there",
          names.empty()
              ? "the path of a number"
              : "one of " +
                    config::join(
                        {names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown)}, ", ") +
                    (shown < names.size() ? ", ..." : ""),
          base::nearest_name(step, names)});
    }
    begin += child->name.size() + 1;
    at = child->value;
  }
  if (at->is_boolean()) {
    return at->get<bool>() ? 1.0 : 0.0;
  }
  if (!at->is_number()) {
    throw base::UserError(base::Diagnostic{metric.path.where, path,
                                           std::string("found ") + at->type_name() + ", no number",
                                           "the path of a number", ""});
  }
  return at->get<double>();
}

}  // namespace orrery::sweep
