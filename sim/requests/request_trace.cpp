// SPDX-License-Identifier: Apache-2.0
#include "requests/request_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace orrery::requests {
namespace {

constexpr int kMostReported = 20;
constexpr std::size_t kFewestCells = 3;
constexpr std::size_t kMostCells = 4;
constexpr std::int64_t kLargestLength = (1LL << 31) - 1;

struct Cell {
  std::string_view text;
  int column = 1;
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::vector<Cell> split(std::string_view line) {
  std::vector<Cell> cells;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    std::size_t first = begin;
    std::size_t last = end;
    while (first < last && is_blank(line[first])) {
      ++first;
    }
    while (last > first && is_blank(line[last - 1])) {
      --last;
    }
    cells.push_back({line.substr(first, last - first), static_cast<int>(first) + 1});
    begin = end + 1;
  }
  return cells;
}

// Bytes that no report can show are replaced.
std::string shown(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, 40)) {
    result += c >= 0x20 && c < 0x7F ? c : '?';
  }
  return result;
}

class TraceReader {
 public:
  explicit TraceReader(RequestTrace& trace) : trace_(trace) {}

  void read() {
    std::string_view text = trace_.text;
    if (text.starts_with("\xEF\xBB\xBF")) {  // byte order mark of spreadsheets
      text.remove_prefix(3);
    }
    bool is_first = true;
    for (line_ = 1; !text.empty() && mistakes_ < kMostReported; ++line_) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::vector<Cell> cells = split(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      if ((cells.size() == 1 && cells.front().text.empty()) ||
          cells.front().text.starts_with('#')) {
        continue;
      }
      if (!is_first || cells.front().text != "id") {
        read_row(cells);
      }
      is_first = false;
    }
    if (mistakes_ == 0 && trace_.rows.empty()) {
      line_ = 1;
      report({}, "no requests", "lines of id, prompt and output");
    }
    diagnostics_.throw_if_any();
  }

 private:
  void read_row(const std::vector<Cell>& cells) {
    if (cells.size() < kFewestCells || cells.size() > kMostCells) {
      report(cells.front(), fmt::format("found {} cells", cells.size()),
             "id, prompt, output and perhaps arrival");
      return;
    }
    RequestTrace::Row row;
    row.line = line_;
    std::int64_t arrival = 0;
    const bool has_arrival = cells.size() == kMostCells;
    if (!read_number(cells[0], 0, std::numeric_limits<std::int64_t>::max(), row.id) ||
        !read_number(cells[1], 1, kLargestLength, row.lengths.prompt) ||
        !read_number(cells[2], 1, kLargestLength, row.lengths.output) ||
        (has_arrival &&
         !read_number(cells[3], 0, std::numeric_limits<std::int64_t>::max(), arrival))) {
      return;
    }
    if (has_arrival) {
      row.arrival_us = arrival;
    }
    const auto [known, is_new] = lines_.emplace(row.id, line_);
    if (!is_new) {
      report(cells[0], fmt::format("request {} twice, first at line {}", row.id, known->second),
             "each id once");
    } else if (!trace_.rows.empty() && trace_.rows.front().arrival_us.has_value() != has_arrival) {
      report(
          cells.front(), has_arrival ? "an arrival" : "no arrival",
          fmt::format("as in line {}: arrivals in all lines or in none", trace_.rows.front().line));
    } else {
      trace_.rows.push_back(row);
    }
  }

  bool read_number(const Cell& cell, std::int64_t least, std::int64_t most, std::int64_t& value) {
    const char* const end = cell.text.data() + cell.text.size();
    const auto [stop, error] = std::from_chars(cell.text.data(), end, value);
    if (error == std::errc() && stop == end && value >= least && value <= most) {
      return true;
    }
    report(cell, fmt::format("found '{}'", shown(cell.text)),
           fmt::format("an integer from {} to {}", least, most));
    return false;
  }

  void report(const Cell& cell, std::string message, std::string expected) {
    diagnostics_.add(
        {{trace_.file, line_, cell.column}, "", std::move(message), std::move(expected), ""});
    ++mistakes_;
  }

  RequestTrace& trace_;
  int line_ = 1;
  int mistakes_ = 0;
  std::map<std::int64_t, int> lines_;  // by id
  base::Diagnostics diagnostics_;
};

}  // namespace

RequestTrace parse_request_trace(std::string text, const std::string& file) {
  RequestTrace trace;
  trace.file = file;
  trace.text = std::move(text);
  TraceReader(trace).read();
  return trace;
}

}  // namespace orrery::requests
