// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace orrery::report {

// Columns of text for a terminal, each aligned to the left or to the right.
class TextTable {
 public:
  struct Column {
    std::string title;
    char align = '>';         // or '<'
    std::size_t widest = 40;  // longer texts are shortened in the middle
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many fields as columns.
  void add(std::vector<std::string> fields) { rows_.push_back(std::move(fields)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  // The titles and the rows, each line indented and ended by a line feed.
  [[nodiscard]] std::string to_string(std::size_t indent = 2) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace orrery::report
