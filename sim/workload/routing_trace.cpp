// SPDX-License-Identifier: Apache-2.0
#include "workload/routing_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <tuple>

#include "config/yaml.h"
#include "workload/file_reference.h"
#include "workload/types.h"

namespace orrery::workload {
namespace {

constexpr std::int64_t kLargestTrace = 64LL << 20;
constexpr std::size_t kLongestLine = 64 << 10;
constexpr std::int64_t kMostExperts = 1024;  // of one token
constexpr int kMostReported = 20;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

struct Cell {
  std::string_view text;
  int column = 1;
};

// The cells of a line: between commas where there is one, else between blanks. A comma at the very
// end adds no cell.
std::vector<Cell> split(std::string_view line) {
  const bool commas = line.find(',') != std::string_view::npos;
  const auto separates = [&](char c) { return commas ? c == ',' : is_blank(c); };
  std::vector<Cell> cells;
  for (std::size_t begin = 0; begin <= line.size();) {
    std::size_t end = begin;
    while (end < line.size() && !separates(line[end])) {
      ++end;
    }
    std::size_t first = begin;
    std::size_t last = end;
    while (first < last && is_blank(line[first])) {
      ++first;
    }
    while (last > first && is_blank(line[last - 1])) {
      --last;
    }
    if (first < last || (commas && end < line.size())) {
      cells.push_back({line.substr(first, last - first), static_cast<int>(first) + 1});
    }
    begin = end + 1;
  }
  return cells;
}

class TraceReader {
 public:
  explicit TraceReader(RoutingTrace& trace) : trace_(trace) {}

  void read() {
    std::string_view text = trace_.text;
    if (text.starts_with("\xEF\xBB\xBF")) {  // byte order mark of spreadsheets
      text.remove_prefix(3);
    }
    bool is_first = true;
    for (line_ = 1; !text.empty() && mistakes_ < kMostReported; ++line_) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.size() > kLongestLine) {
        report({}, fmt::format("a line of {} bytes", line.size()),
               fmt::format("at most {}", kLongestLine));
        continue;
      }
      const std::vector<Cell> cells = split(line);
      if (cells.empty() || cells.front().text.starts_with('#')) {
        continue;
      }
      if (!is_first || !is_header(cells)) {
        read_row(cells);
      }
      is_first = false;
    }
    if (mistakes_ == 0 && trace_.rows.empty()) {
      line_ = 1;
      report({}, "no tokens", "lines of token, layer and experts");
    }
    if (mistakes_ == 0) {
      sort();
    }
    diagnostics_.throw_if_any();
  }

 private:
  static bool is_header(const std::vector<Cell>& cells) {
    return cells.size() >= 3 && cells[0].text == "token" && cells[1].text == "layer";
  }

  void read_row(const std::vector<Cell>& cells) {
    const auto count = static_cast<std::int64_t>(cells.size()) - 2;
    if (count < 1 || count > kMostExperts) {
      report(cells.front(), fmt::format("found {} cells", cells.size()),
             fmt::format("a token, a layer and 1 to {} experts", kMostExperts));
      return;
    }
    std::vector<std::int32_t> numbers;
    for (const Cell& cell : cells) {
      std::int32_t value = 0;
      if (!read_number(cell, value)) {
        return;
      }
      if (numbers.size() >= 2 &&
          std::find(numbers.begin() + 2, numbers.end(), value) != numbers.end()) {
        report(cell, fmt::format("expert {} twice for one token", value), "each expert once");
        return;
      }
      numbers.push_back(value);
    }
    trace_.rows.push_back(
        {numbers[1], numbers[0], line_, static_cast<std::int32_t>(count), trace_.experts.size()});
    trace_.experts.insert(trace_.experts.end(), numbers.begin() + 2, numbers.end());
  }

  bool read_number(const Cell& cell, std::int32_t& value) {
    const char* const end = cell.text.data() + cell.text.size();
    const auto [stop, error] = std::from_chars(cell.text.data(), end, value);
    if (error != std::errc() || stop != end || value < 0) {
      report(cell, fmt::format("found '{}'", shown(cell.text)),
             fmt::format("an integer from 0 to {}", kLargestSize));
      return false;
    }
    return true;
  }

  void sort() {
    std::vector<RoutingTrace::Row>& rows = trace_.rows;
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      return std::tuple(a.layer, a.token, a.line) < std::tuple(b.layer, b.token, b.line);
    });
    for (std::size_t i = 1; i < rows.size() && mistakes_ < kMostReported; ++i) {
      if (rows[i].layer == rows[i - 1].layer && rows[i].token == rows[i - 1].token) {
        line_ = rows[i].line;
        report({},
               fmt::format("token {} twice in layer {}, first at line {}", rows[i].token,
                           rows[i].layer, rows[i - 1].line),
               "each token once in a layer");
      }
    }
  }

  // Bytes that no report can show are left out.
  static std::string shown(std::string_view text) {
    std::string result;
    for (const char c : text.substr(0, 40)) {
      result += c >= 0x20 && c < 0x7F ? c : '?';
    }
    return result;
  }

  void report(const Cell& cell, std::string message, std::string expected) {
    diagnostics_.add(
        {{trace_.file, line_, cell.column}, "", std::move(message), std::move(expected), ""});
    ++mistakes_;
  }

  RoutingTrace& trace_;
  int line_ = 1;
  int mistakes_ = 0;
  base::Diagnostics diagnostics_;
};

// Lines of a trace inside a workload file have no place of their own in it: all mistakes stand at
// the value.
RoutingTrace parse_inline(const config::Node& node) {
  RoutingTrace trace;
  try {
    trace = parse_routing_trace(node.text(), "");
  } catch (const base::UserError& error) {
    std::vector<base::Diagnostic> diagnostics = error.diagnostics();
    for (base::Diagnostic& diagnostic : diagnostics) {
      diagnostic.message = fmt::format("line {}, column {} of the trace: {}", diagnostic.where.line,
                                       diagnostic.where.column, diagnostic.message);
      diagnostic.where = node.where();
    }
    throw base::UserError(std::move(diagnostics));
  }
  return trace;
}

}  // namespace

RoutingTrace parse_routing_trace(std::string text, const std::string& file) {
  RoutingTrace trace;
  trace.file = file;
  trace.text = std::move(text);
  TraceReader(trace).read();
  return trace;
}

std::vector<std::int32_t> RoutingTrace::experts_of(std::int64_t layer, std::int64_t first,
                                                   std::int64_t tokens,
                                                   std::int64_t experts_per_token,
                                                   std::int64_t expert_count,
                                                   const base::SourcePosition& where) const {
  base::Diagnostics diagnostics;
  int mistakes = 0;
  const auto report = [&](const base::SourcePosition& place, std::string message,
                          std::string expected) {
    diagnostics.add({place, "", std::move(message), std::move(expected), ""});
    return ++mistakes < kMostReported;
  };
  std::vector<std::int32_t> result;
  auto row = std::lower_bound(
      rows.begin(), rows.end(), std::pair(layer, first), [](const Row& a, const auto& wanted) {
        return std::pair<std::int64_t, std::int64_t>(a.layer, a.token) < wanted;
      });
  for (std::int64_t token = first; token < first + tokens; ++token, ++row) {
    if (row == rows.end() || row->layer != layer || row->token != token) {
      report(where, fmt::format("the trace has no token {} in layer {}", token, layer),
             fmt::format("tokens {} to {}", first, first + tokens - 1));
      break;
    }
    const base::SourcePosition place =
        file.empty() ? where : base::SourcePosition{file, row->line, 1};
    const auto begin = experts.begin() + static_cast<std::ptrdiff_t>(row->first);
    const std::int32_t most = *std::max_element(begin, begin + row->count);
    if (row->count != experts_per_token &&
        !report(place, fmt::format("{} experts for token {}", row->count, token),
                fmt::format("{}", experts_per_token))) {
      break;
    }
    if (most >= expert_count && !report(place, fmt::format("expert {}", most),
                                        fmt::format("experts 0 to {}", expert_count - 1))) {
      break;
    }
    result.insert(result.end(), begin, begin + row->count);
  }
  diagnostics.throw_if_any();
  return result;
}

config::Codec<RoutingTrace> routing_trace_codec() {
  auto type = std::make_shared<config::TypeDescription>();
  type->form = config::TypeDescription::Form::kText;
  type->expected = "the path of a routing trace";
  const auto read = [type](const config::Node& node,
                           config::Reader& reader) -> std::optional<RoutingTrace> {
    if (!node.is_scalar() || node.text().empty()) {
      reader.mismatch(node, type->expected);
      return std::nullopt;
    }
    const std::size_t errors_before = reader.error_count();
    RoutingTrace trace;
    if (node.text().find('\n') != std::string::npos) {
      report_errors_of(reader, [&] { trace = parse_inline(node); });
    } else if (const std::filesystem::path path = referenced_path(node);
               check_exists(path, node, reader)) {
      report_errors_of(reader, [&] {
        std::string text = config::read_text(path, kLargestTrace);
        std::erase(text, '\r');
        trace = parse_routing_trace(std::move(text), path.string());
      });
    }
    return reader.error_count() == errors_before ? std::optional(std::move(trace)) : std::nullopt;
  };
  return {read, [](const RoutingTrace& trace) { return config::Node::scalar(trace.text); }, type};
}

}  // namespace orrery::workload
