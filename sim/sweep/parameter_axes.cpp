// SPDX-License-Identifier: Apache-2.0
#include "sweep/parameter_axes.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <set>

#include "sweep/exports.h"

namespace orrery::sweep {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSeedAxis = "seed";
constexpr const char* kSeedPath = "workload.seed";
constexpr std::size_t kMostValues = 100'000;

// The last `count` words of a path as a name: "array_rows".
std::string last_words(const std::string& path, std::size_t count) {
  std::size_t begin = path.size();
  for (std::size_t word = 0; word < count && begin != std::string::npos; ++word) {
    begin = begin == 0 ? std::string::npos : path.rfind('.', begin - 1);
  }
  std::string name = begin == std::string::npos ? path : path.substr(begin + 1);
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_'; }, '_');
  return name;
}

// The number that a value is, without anything behind it.
std::optional<double> number_of(const config::Node& node) {
  const std::string& text = node.text();
  double number = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return node.is_scalar() && error == std::errc() && end == text.data() + text.size()
             ? std::optional(number)
             : std::nullopt;
}

// Values of a range; the steps do not add up rounding errors.
std::vector<double> numbers_of_range(const Parameter& parameter) {
  constexpr double kSlack = 1e-9;  // the end is reached in spite of rounding
  std::vector<double> numbers;
  const double last = *parameter.to + kSlack * std::abs(*parameter.to);
  for (std::size_t i = 0; i <= kMostValues; ++i) {
    const double steps = static_cast<double>(i);
    const double value =
        rounded(parameter.step ? *parameter.from + steps * *parameter.step
                               : *parameter.from * std::pow(*parameter.factor, steps));
    if (value > last) {
      break;
    }
    numbers.push_back(value);
  }
  return numbers;
}

// The files that a pattern stands for, in the order of their names.
std::vector<std::string> files_like(const std::string& pattern) {
  glob_t found{};
  const std::unique_ptr<glob_t, void (*)(glob_t*)> guard(&found, ::globfree);
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  return files;
}

class Builder {
 public:
  Builder(Study& study, base::Diagnostics& diagnostics) : study_(study), diagnostics_(diagnostics) {
    for (const auto& [name, axis] : study.axes) {
      taken_.insert(name);
    }
    for (const auto& [name, parameter] : study.parameters) {
      for (const std::string& path : paths_of(name, parameter)) {
        all_paths_.push_back(path);
      }
    }
  }

  void add(const std::string& name, const Parameter& parameter) {
    const std::vector<std::string> paths = paths_of(name, parameter);
    std::vector<Choice> choices = choices_of(name, parameter);
    if (choices.empty()) {
      return;
    }
    Axis axis;
    axis.title = parameter.title;
    axis.where = parameter.where;
    if (parameter.paths.empty()) {
      axis.path = paths.front();
      name_numbers(short_name(paths.front()), choices);
    } else if (!spread(name, paths, choices)) {
      return;
    }
    for (Choice& choice : choices) {
      axis.values.push_back(std::move(choice.value));
    }
    const bool named = !parameter.path.empty() || !parameter.paths.empty();
    append(named ? name : short_name(paths.front()), name, std::move(axis));
  }

  void add_seeds() {
    if (study_.seeds.empty()) {
      return;
    }
    Axis axis;
    axis.path = kSeedPath;
    axis.where = study_.seeds.front().where;
    for (const auto& seed : study_.seeds) {
      AxisValue value;
      value.value = config::Node::scalar(std::to_string(seed.value), seed.where);
      value.where = seed.where;
      axis.values.push_back(std::move(value));
    }
    append(kSeedAxis, "seeds", std::move(axis));
  }

 private:
  struct Choice {
    AxisValue value;
    std::optional<double> number;  // of a range, before its unit
  };

  [[nodiscard]] static std::vector<std::string> paths_of(const std::string& name,
                                                         const Parameter& parameter) {
    if (!parameter.paths.empty()) {
      return parameter.paths;
    }
    return {parameter.path.empty() ? name : parameter.path};
  }

  [[nodiscard]] std::string short_name(const std::string& path) const {
    for (std::size_t words = 1;; ++words) {
      const std::string name = last_words(path, words);
      const auto same = std::count_if(all_paths_.begin(), all_paths_.end(), [&](const auto& other) {
        return last_words(other, words) == name;
      });
      if (same <= 1 || name.size() == path.size()) {
        return name;
      }
    }
  }

  [[nodiscard]] std::vector<Choice> choices_of(const std::string& name,
                                               const Parameter& parameter) {
    if (!parameter.files.empty()) {
      return file_choices(name, parameter);
    }
    if (parameter.from) {
      return range_choices(name, parameter);
    }
    std::vector<Choice> choices;
    for (const AxisValue& value : parameter.values) {
      choices.push_back({value, number_of(value.value)});
    }
    return choices;
  }

  [[nodiscard]] std::vector<Choice> range_choices(const std::string& name,
                                                  const Parameter& parameter) {
    std::vector<Choice> choices;
    const std::string unit = parameter.unit.empty() ? "" : ' ' + parameter.unit;
    for (const double number : numbers_of_range(parameter)) {
      AxisValue value;
      value.value = config::Node::scalar(fmt::format("{}{}", number, unit), parameter.where);
      value.where = parameter.where;
      choices.push_back({std::move(value), number});
    }
    if (choices.size() > kMostValues) {
      fail(parameter.where, name, "too many values", "at most 100000");
      choices.clear();
    }
    return choices;
  }

  [[nodiscard]] std::vector<Choice> file_choices(const std::string& name,
                                                 const Parameter& parameter) {
    std::vector<Choice> choices;
    for (const LocatedText& pattern : parameter.files) {
      const fs::path whole = (study_.file.parent_path() / pattern.value).lexically_normal();
      const std::vector<std::string> files = files_like(whole.string());
      if (files.empty()) {
        fail(pattern.where, name, "no file is like " + whole.string(), "at least one");
      }
      for (const std::string& file : files) {
        AxisValue value;
        value.label = fs::path(file).stem().string();
        value.value = config::Node::scalar(fs::absolute(file).string(), pattern.where);
        value.where = pattern.where;
        choices.push_back({std::move(value), std::nullopt});
      }
    }
    return choices;
  }

  // Where all values are numbers, expressions know them.
  static void name_numbers(const std::string& name, std::vector<Choice>& choices) {
    if (std::all_of(choices.begin(), choices.end(),
                    [](const Choice& choice) { return choice.number.has_value(); })) {
      for (Choice& choice : choices) {
        choice.value.constants.emplace_back(name, *choice.number);
      }
    }
  }

  // Lists of values become what each sets; false after a diagnostic.
  [[nodiscard]] bool spread(const std::string& name, const std::vector<std::string>& paths,
                            std::vector<Choice>& choices) {
    bool good = true;
    for (Choice& choice : choices) {
      AxisValue& value = choice.value;
      const std::vector<config::Node>& items = value.value.items();
      if (!value.value.is_sequence() || items.size() != paths.size()) {
        fail(value.where, name, "found " + value.value.kind_name(),
             fmt::format("a list of {} values, one for each path", paths.size()));
        good = false;
        continue;
      }
      std::string label;
      for (std::size_t i = 0; i < paths.size(); ++i) {
        label += (i == 0 ? "" : "x") + items[i].text();
        value.set.emplace_back(paths[i], items[i]);
        if (const auto number = number_of(items[i])) {
          value.constants.emplace_back(short_name(paths[i]), *number);
        }
      }
      value.label = value.label.empty() ? label : value.label;
      value.value = {};
    }
    return good;
  }

  void append(const std::string& axis_name, const std::string& parameter, Axis axis) {
    if (!taken_.insert(axis_name).second) {
      fail(axis.where, parameter, "the axis name '" + axis_name + "' is taken",
           "a name of its own, with the key `path`");
      return;
    }
    study_.axes.emplace_back(axis_name, std::move(axis));
  }

  void fail(const base::SourcePosition& where, const std::string& name, const std::string& message,
            const std::string& expected) {
    diagnostics_.add({where, name == "seeds" ? name : "parameters." + name, message, expected, ""});
  }

  Study& study_;
  base::Diagnostics& diagnostics_;
  std::set<std::string> taken_;
  std::vector<std::string> all_paths_;
};

}  // namespace

void add_parameter_axes(Study& study, base::Diagnostics& diagnostics) {
  Builder builder(study, diagnostics);
  for (const auto& [name, parameter] : study.parameters) {
    builder.add(name, parameter);
  }
  builder.add_seeds();
}

}  // namespace orrery::sweep
