// SPDX-License-Identifier: Apache-2.0
#include "workload/topology_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>

#include "config/codec.h"
#include "workload/types.h"

namespace orrery::workload {
namespace {

struct Cell {
  std::string text;
  base::SourcePosition where;
};
using Line = std::vector<Cell>;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// The cells of one line, without the spaces around them; a comma at the very end adds none.
Line split(std::string_view text, const std::string& file, int number) {
  Line cells;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::size_t first = begin;
    std::size_t last = end;
    while (first < last && is_space(text[first])) {
      ++first;
    }
    while (last > first && is_space(text[last - 1])) {
      --last;
    }
    if (end < text.size() || last > first) {
      cells.push_back({std::string(text.substr(first, last - first)),
                       {file, number, static_cast<int>(first) + 1}});
    }
    if (end == text.size()) {
      return cells;
    }
    begin = end + 1;
  }
}

// The lines that hold anything.
std::vector<Line> split_lines(const std::string& text, const std::string& file) {
  std::vector<Line> lines;
  std::string_view rest = text;
  if (rest.starts_with("\xEF\xBB\xBF")) {  // byte order mark of spreadsheets
    rest.remove_prefix(3);
  }
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    Line line = split(rest.substr(0, end), file, number);
    const auto is_filled = [](const Cell& cell) { return !cell.text.empty(); };
    if (std::any_of(line.begin(), line.end(), is_filled)) {
      lines.push_back(std::move(line));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines;
}

// Binary files and other encodings would end in names that no report can show.
void check_is_ascii(const std::vector<Line>& lines) {
  for (const Line& line : lines) {
    for (const Cell& cell : line) {
      const auto is_strange = [](unsigned char c) { return c < 0x20 || c > 0x7E; };
      if (std::any_of(cell.text.begin(), cell.text.end(), is_strange)) {
        throw base::UserError(base::Diagnostic{cell.where, "", "not plain text",
                                               "a table in printable ASCII characters", ""});
      }
    }
  }
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// One form of the table: its columns after the name, and where each value goes.
template <class Size>
struct Form {
  std::vector<std::pair<std::string, std::int64_t Size::*>> columns;
};

const Form<TopologyConvolution>& convolution_form() {
  using T = TopologyConvolution;
  static const Form<T> kForm{{{"IFMAP Height", &T::image_h},
                              {"IFMAP Width", &T::image_w},
                              {"Filter Height", &T::filter_h},
                              {"Filter Width", &T::filter_w},
                              {"Channels", &T::channels},
                              {"Num Filter", &T::filters},
                              {"Strides", &T::stride}}};
  return kForm;
}

const Form<TopologyProduct>& product_form() {
  using T = TopologyProduct;
  static const Form<T> kForm{{{"M", &T::m}, {"N", &T::n}, {"K", &T::k}}};
  return kForm;
}

class TableReader {
 public:
  explicit TableReader(std::vector<Line> lines) : lines_(std::move(lines)) {}

  template <class Size>
  std::vector<TopologyLayer> read(const Form<Size>& form) {
    const auto order = read_header(form);
    std::vector<TopologyLayer> layers;
    if (order) {
      for (std::size_t i = 1; i < lines_.size(); ++i) {
        read_line(lines_[i], form, *order, layers);
      }
      if (layers.empty() && diagnostics_.empty()) {
        diagnostics_.add({lines_.front().front().where, "", "the table has no layers",
                          "a line for each layer", ""});
      }
    }
    diagnostics_.throw_if_any();
    return layers;
  }

 private:
  // For each column of the file after the name, its place in the form.
  template <class Size>
  std::optional<std::vector<std::size_t>> read_header(const Form<Size>& form) {
    std::vector<std::string> names;
    for (const auto& column : form.columns) {
      names.push_back(column.first);
    }
    const Line& header = lines_.front();
    if (header.size() > 1 && std::isdigit(static_cast<unsigned char>(header[1].text[0])) != 0) {
      diagnostics_.add({header.front().where, "", "the first line does not name the columns",
                        "Layer name, " + config::join(names, ", "), ""});
      return std::nullopt;
    }
    std::vector<std::size_t> order;
    bool is_right = true;
    for (std::size_t i = 1; i < header.size(); ++i) {
      const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
        return lower(name) == lower(header[i].text);
      });
      const auto index = static_cast<std::size_t>(found - names.begin());
      if (found == names.end()) {
        diagnostics_.add({header[i].where, "", fmt::format("unknown column '{}'", header[i].text),
                          "one of " + config::join(names, ", "),
                          base::nearest_name(header[i].text, names)});
        is_right = false;
      } else if (std::find(order.begin(), order.end(), index) != order.end()) {
        diagnostics_.add({header[i].where, "", fmt::format("column '{}' twice", *found),
                          "each column once", ""});
        is_right = false;
      } else {
        order.push_back(index);
      }
    }
    for (std::size_t index = 0; is_right && index < names.size(); ++index) {
      if (std::find(order.begin(), order.end(), index) == order.end()) {
        diagnostics_.add({header.front().where, "", fmt::format("no column '{}'", names[index]),
                          "the columns " + config::join(names, ", "), ""});
        is_right = false;
      }
    }
    return is_right ? std::optional(std::move(order)) : std::nullopt;
  }

  template <class Size>
  void read_line(const Line& line, const Form<Size>& form, const std::vector<std::size_t>& order,
                 std::vector<TopologyLayer>& layers) {
    if (line.size() != order.size() + 1) {
      const bool is_short = line.size() < order.size() + 1;
      diagnostics_.add({is_short ? line.back().where : line[order.size() + 1].where, "",
                        fmt::format("{} values", line.size()),
                        fmt::format("{}, as in the first line", order.size() + 1), ""});
      return;
    }
    Size size;
    bool is_right = check_name(line.front());
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto& [name, member] = form.columns[order[i]];
      is_right = read_value(line[i + 1], name, size.*member) && is_right;
    }
    if (is_right) {
      layers.push_back({line.front().text, size, line.front().where});
    }
  }

  bool check_name(const Cell& cell) {
    if (cell.text.empty()) {
      diagnostics_.add({cell.where, "", "a layer without a name", "a name", ""});
      return false;
    }
    const auto [first, added] = names_.emplace(cell.text, cell.where.line);
    if (!added) {
      diagnostics_.add(
          {cell.where, "",
           fmt::format("duplicate layer '{}', first at line {}", cell.text, first->second),
           "each name once", ""});
    }
    return added;
  }

  bool read_value(const Cell& cell, const std::string& column, std::int64_t& value) {
    const char* begin = cell.text.data();
    const char* end = begin + cell.text.size();
    const auto [rest, error] = std::from_chars(begin, end, value);
    const bool is_right =
        error == std::errc() && rest == end && value >= 1 && value <= kLargestSize;
    if (!is_right) {
      diagnostics_.add({cell.where, "", fmt::format("{}: found '{}'", column, cell.text),
                        fmt::format("an integer from 1 to {}", kLargestSize), ""});
    }
    return is_right;
  }

  std::vector<Line> lines_;
  std::map<std::string, int> names_;
  base::Diagnostics diagnostics_;
};

}  // namespace

std::vector<TopologyLayer> parse_topology(const std::string& text, const std::string& file) {
  std::vector<Line> lines = split_lines(text, file);
  if (lines.empty()) {
    throw base::UserError(base::Diagnostic{
        {file, 0, 0}, "", "the table is empty", "a line that names the columns", ""});
  }
  check_is_ascii(lines);
  const Line& header = lines.front();
  const auto names_column = [&](const std::string& name) {
    return std::any_of(header.begin() + 1, header.end(),
                       [&](const Cell& cell) { return lower(cell.text) == lower(name); });
  };
  const bool is_product = names_column("M") || names_column("N") || names_column("K");
  TableReader reader(std::move(lines));
  return is_product ? reader.read(product_form()) : reader.read(convolution_form());
}

}  // namespace orrery::workload
