// SPDX-License-Identifier: Apache-2.0
#include "sweep/metric_path.h"

#include <algorithm>
#include <numeric>
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

// What stands behind the name at the beginning of the path.
std::string behind(const std::string& path, std::size_t name) {
  return path.substr(std::min(name + 1, path.size()));
}

class PathReader {
 public:
  explicit PathReader(const Metric& metric) : metric_(metric) {}

  // Every number at the path, in the order of the result.
  [[nodiscard]] std::vector<double> read(const Json& result) {
    follow(result, metric_.path.value);
    return std::move(numbers_);
  }

 private:
  void follow(const Json& at, const std::string& rest) {
    if (rest.empty()) {
      numbers_.push_back(number(at));
      return;
    }
    const std::vector<Child> candidates = children(at);
    if (const Child* child = longest_match(candidates, rest)) {
      follow(*child->value, behind(rest, child->name.size()));
      return;
    }
    const std::size_t star = rest.find('*');
    bool found = false;
    for (const Child& child : candidates) {
      if (star != std::string::npos && child.name.starts_with(rest.substr(0, star))) {
        found = true;
        follow(*child.value, behind(rest, star + 1));
      }
    }
    if (!found && !metric_.absent) {
      complain(candidates, rest);
    }
  }

  [[nodiscard]] double number(const Json& at) const {
    if (at.is_boolean()) {
      return at.get<bool>() ? 1.0 : 0.0;
    }
    if (!at.is_number()) {
      throw base::UserError(base::Diagnostic{metric_.path.where, metric_.path.value,
                                             std::string("found ") + at.type_name() + ", no number",
                                             "the path of a number", ""});
    }
    return at.get<double>();
  }

  [[noreturn]] void complain(const std::vector<Child>& candidates, const std::string& rest) const {
    std::vector<std::string> names;
    for (const Child& candidate : candidates) {
      names.push_back(candidate.name);
    }
    const std::string step = rest.substr(0, rest.find('.'));
    const std::size_t shown = std::min<std::size_t>(names.size(), 20);
    const std::vector<std::string> first(names.begin(),
                                         names.begin() + static_cast<std::ptrdiff_t>(shown));
    throw base::UserError(base::Diagnostic{
        metric_.path.where, metric_.path.value, "the result has no '" + step + "' there",
        names.empty()
            ? "the path of a number"
            : "one of " + config::join(first, ", ") + (shown < names.size() ? ", ..." : ""),
        base::nearest_name(step, names)});
  }

  const Metric& metric_;
  std::vector<double> numbers_;
};

double combined(const std::vector<double>& numbers, Combination combination) {
  const double sum = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  switch (combination) {
    case Combination::kOne:
      return numbers.front();
    case Combination::kSum:
      return sum;
    case Combination::kMean:
      return sum / static_cast<double>(numbers.size());
    case Combination::kLeast:
      return *std::min_element(numbers.begin(), numbers.end());
    case Combination::kMost:
      break;
  }
  return *std::max_element(numbers.begin(), numbers.end());
}

}  // namespace

double read_metric(const report::Json& result, const Metric& metric) {
  const std::vector<double> numbers = PathReader(metric).read(result);
  if (numbers.empty()) {
    return *metric.absent;
  }
  return combined(numbers, metric.combine);
}

}  // namespace orrery::sweep
