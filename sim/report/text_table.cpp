// SPDX-License-Identifier: Apache-2.0
#include "report/text_table.h"

#include <algorithm>

#include "base/error.h"

namespace orrery::report {
namespace {

// Names differ at their ends ("layer31.attention.query"): what is left out is the middle.
std::string shorten(const std::string& text, std::size_t widest) {
  if (text.size() <= widest) {
    return text;
  }
  const std::size_t tail = (widest - 2) / 2;
  const std::size_t head = widest - 2 - tail;
  return text.substr(0, head) + ".." + text.substr(text.size() - tail);
}

}  // namespace

std::string TextTable::to_string(std::size_t indent) const {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns_) {
    lines.front().push_back(column.title);
  }
  for (const std::vector<std::string>& row : rows_) {
    base::require_invariant(row.size() == columns_.size(), "a field for each column");
    lines.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      lines.back().push_back(shorten(row[i], columns_[i].widest));
    }
  }
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], line[i].size());
    }
  }
  std::string out;
  for (const auto& line : lines) {
    std::string text(indent, ' ');
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string padding(widths[i] - line[i].size(), ' ');
      text += i == 0 ? "" : "  ";
      text += columns_[i].align == '<' ? line[i] + padding : padding + line[i];
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  }
  return out;
}

}  // namespace orrery::report
