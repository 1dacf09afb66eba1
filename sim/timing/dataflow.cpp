// SPDX-License-Identifier: Apache-2.0
#include "timing/dataflow.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace orrery::timing {
namespace {

template <class Value>
using Names = std::vector<std::pair<std::string_view, Value>>;

const Names<Dimension>& dimension_names() {
  static const Names<Dimension> kNames{{"m", Dimension::kM},
                                       {"n", Dimension::kN},
                                       {"k", Dimension::kK},
                                       {"image", Dimension::kImage},
                                       {"feature", Dimension::kFeature},
                                       {"channel", Dimension::kChannel},
                                       {"output_row", Dimension::kOutputRow},
                                       {"output_column", Dimension::kOutputColumn},
                                       {"filter_row", Dimension::kFilterRow},
                                       {"filter_column", Dimension::kFilterColumn}};
  return kNames;
}

const Names<LoopPlacement>& placement_names() {
  static const Names<LoopPlacement> kNames{{"rows", LoopPlacement::kRows},
                                           {"columns", LoopPlacement::kColumns},
                                           {"sets", LoopPlacement::kSets}};
  return kNames;
}

template <class Value>
std::string_view name_of(const Names<Value>& names, Value value) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [value](const auto& entry) { return entry.second == value; });
  return found == names.end() ? std::string_view() : found->first;
}

template <class Value>
std::optional<Value> value_of(const Names<Value>& names, std::string_view name) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [name](const auto& entry) { return entry.first == name; });
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

template <class Value>
std::string all_names(const Names<Value>& names) {
  std::vector<std::string_view> texts;
  for (const auto& [name, value] : names) {
    texts.push_back(name);
  }
  return fmt::format("one of {}", fmt::join(texts, ", "));
}

template <class Value>
ParsedDataflow unknown(const char* what, const Names<Value>& names, std::string_view name) {
  std::vector<std::string> known;
  for (const auto& [text, value] : names) {
    known.emplace_back(text);
  }
  const std::string nearest = base::nearest_name(std::string(name), known);
  return {std::nullopt, fmt::format("unknown {} '{}'", what, name),
          all_names(names) + (nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest))};
}

std::string_view trimmed_text(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos
             ? std::string_view()
             : text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

std::string text_of(const Loop& loop) {
  std::string text(name_of(dimension_names(), loop.dimension));
  if (loop.placement != LoopPlacement::kTime) {
    text += fmt::format(" by {}", name_of(placement_names(), loop.placement));
  }
  return text;
}

}  // namespace

std::vector<std::string> Dataflow::loop_texts() const {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count_; ++i) {
    texts.push_back(text_of(loops_[i]));
  }
  return texts;
}

std::string Dataflow::nest_text() const {
  return fmt::format("{}", fmt::join(loop_texts(), ", "));
}

// Reads the loops one by one, then asks which machine could run them.
struct DataflowParser {
  std::array<Loop, Dataflow::kMostLoops> loops{};
  std::size_t count = 0;

  static ParsedDataflow wrong(std::string message, std::string expected) {
    return {std::nullopt, std::move(message), std::move(expected)};
  }

  // The place of a dimension, nullopt where it has no loop.
  [[nodiscard]] std::optional<LoopPlacement> placement(Dimension dimension) const {
    for (std::size_t i = 0; i < count; ++i) {
      if (loops[i].dimension == dimension) {
        return loops[i].placement;
      }
    }
    return std::nullopt;
  }

  std::optional<ParsedDataflow> add(std::string_view text) {
    const std::string_view trimmed = trimmed_text(text);
    const std::size_t by = trimmed.find(" by ");
    const std::string_view dimension = trimmed_text(trimmed.substr(0, by));
    Loop loop;
    if (const auto value = value_of(dimension_names(), dimension)) {
      loop.dimension = *value;
    } else {
      return unknown("dimension", dimension_names(), dimension);
    }
    if (by != std::string_view::npos) {
      const std::string_view name = trimmed_text(trimmed.substr(by + 4));
      const auto value = value_of(placement_names(), name);
      if (!value) {
        return unknown("placement", placement_names(), name);
      }
      loop.placement = *value;
    }
    if (placement(loop.dimension)) {
      return wrong(fmt::format("'{}' stands twice", dimension), "one loop for each dimension");
    }
    if (count == loops.size()) {
      return wrong("too many loops", fmt::format("at most {}", loops.size()));
    }
    loops[count++] = loop;
    return std::nullopt;
  }

  // m, n and k, two of them over the sides of the array, the third innermost.
  [[nodiscard]] bool is_matrix_nest() const {
    return count == 3 && placement(Dimension::kM) && placement(Dimension::kN) &&
           placement(Dimension::kK) && loops[2].placement == LoopPlacement::kTime &&
           std::min(loops[0].placement, loops[1].placement) == LoopPlacement::kRows &&
           std::max(loops[0].placement, loops[1].placement) == LoopPlacement::kColumns;
  }

  // Images, features and channels over sets, and within a set the rows of one convolution.
  [[nodiscard]] bool is_row_nest() const {
    constexpr std::size_t kSetLoops = 3;
    const auto& standard = Dataflow::kRowStationary;
    for (std::size_t i = kSetLoops; i < loops.size(); ++i) {
      if (loops[i] != standard.loop(i)) {
        return false;
      }
    }
    // No dimension stands twice: three of the rest over sets are these three.
    return count == loops.size() &&
           std::all_of(loops.begin(), loops.begin() + kSetLoops, [](const Loop& loop) {
             return loop.placement == LoopPlacement::kSets && loop.dimension > Dimension::kK;
           });
  }

  [[nodiscard]] ParsedDataflow finish(std::string_view name) const {
    using Machine = Dataflow::Machine;
    if (name.empty() || name.size() > Dataflow::kLongestName) {
      return wrong(fmt::format("the name '{}'", name),
                   fmt::format("1 to {} characters", Dataflow::kLongestName));
    }
    if (std::any_of(name.begin(), name.end(),
                    [](char letter) { return letter >= 0 && letter < ' '; })) {
      return wrong("a name with control characters", "visible characters");
    }
    if (is_row_nest()) {
      return {Dataflow(Dataflow::Parts{name, Machine::kRowsStay, count, loops}), "", ""};
    }
    if (!is_matrix_nest()) {
      return wrong("no array runs this loop nest",
                   "m, n and k, two of them 'by rows' and 'by columns' and the third innermost; or "
                   "the loops of rs, those over sets in any order");
    }
    if (placement(Dimension::kK) == LoopPlacement::kColumns) {
      return wrong("k runs over the columns", "k by rows, or k innermost: sums move down");
    }
    const Machine machine =
        loops[2].dimension == Dimension::kK ? Machine::kSumsStay : Machine::kOperandStays;
    const Dataflow::Parts parts{name, machine, count, loops};
    return {Dataflow(parts), "", ""};
  }
};

ParsedDataflow parse_dataflow(std::string_view name, const std::vector<std::string>& loops) {
  DataflowParser parser;
  for (const std::string& loop : loops) {
    if (auto mistake = parser.add(loop)) {
      return *mistake;
    }
  }
  return parser.finish(name);
}

ParsedDataflow parse_dataflow(std::string_view name, std::string_view nest) {
  std::vector<std::string> loops;
  for (std::size_t begin = 0; begin <= nest.size();) {
    const std::size_t end = std::min(nest.find(',', begin), nest.size());
    loops.emplace_back(nest.substr(begin, end - begin));
    begin = end + 1;
  }
  return parse_dataflow(name, loops);
}

}  // namespace orrery::timing
