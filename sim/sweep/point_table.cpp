// SPDX-License-Identifier: Apache-2.0
#include "sweep/point_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "config/yaml.h"

namespace orrery::sweep {
namespace {

constexpr std::int64_t kLargestTable = 64LL << 20;

struct Cell {
  std::string text;
  base::SourcePosition where;
};

[[noreturn]] void fail(const base::SourcePosition& where, const std::string& message,
                       const std::string& expected) {
  throw base::UserError(base::Diagnostic{where, "", message, expected, ""});
}

// The cells of a line. A cell may stand in quotes, where "" is one (RFC 4180); no cell goes over
// the end of its line.
std::vector<Cell> split(std::string_view line, const std::string& file, int number) {
  std::vector<Cell> cells;
  std::size_t at = 0;
  while (true) {
    Cell cell{"", {file, number, static_cast<int>(at) + 1}};
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
        if (at == line.size()) {
          fail(cell.where, "a quoted cell without an end", "a second '\"' in the same line");
        }
        if (line[at] == '"' && !line.substr(at + 1).starts_with('"')) {
          break;
        }
        at += line[at] == '"' ? 1 : 0;
        cell.text += line[at];
      }
      ++at;
      if (at < line.size() && line[at] != ',') {
        fail({file, number, static_cast<int>(at) + 1}, "text behind a quoted cell", "a comma");
      }
    } else {
      const std::size_t end = std::min(line.find(',', at), line.size());
      cell.text = line.substr(at, end - at);
      at = end;
    }
    cells.push_back(std::move(cell));
    if (at == line.size()) {
      return cells;
    }
    ++at;
  }
}

// A value in a cell is all at the place of the cell.
void place(config::Node& node, const base::SourcePosition& where) {
  node.set_where(where);
  for (config::Node& item : node.items()) {
    place(item, where);
  }
  for (config::Node::Entry& entry : node.entries()) {
    entry.where = where;
    place(entry.value, where);
  }
}

config::Node value_of(const Cell& cell) {
  config::Node node = config::parse_yaml(cell.text, cell.where.file);
  place(node, cell.where);
  return node;
}

config::Node point_of(const std::vector<Cell>& names, const std::vector<Cell>& cells) {
  static constexpr std::array<std::string_view, 5> kKeys{"label", "quick", "platform", "workload",
                                                         "mapping"};
  const base::SourcePosition& where = cells.front().where;
  config::Node point = config::Node::map(where);
  config::Node set = config::Node::map(where);
  config::Node constants = config::Node::map(where);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string& name = names[i].text;
    if (cells[i].text.empty()) {
      continue;
    }
    if (std::find(kKeys.begin(), kKeys.end(), name) != kKeys.end()) {
      point.set(name, config::Node::scalar(cells[i].text, cells[i].where), cells[i].where);
    } else if (name.find('.') != std::string::npos) {
      set.set(name, value_of(cells[i]), cells[i].where);
    } else {
      constants.set(name, config::Node::scalar(cells[i].text, cells[i].where), cells[i].where);
    }
  }
  point.set("set", std::move(set), where);
  point.set("constants", std::move(constants), where);
  return point;
}

void check_names(const std::vector<Cell>& names) {
  std::set<std::string> taken;
  for (const Cell& name : names) {
    if (name.text.empty() || !taken.insert(name.text).second) {
      fail(name.where,
           name.text.empty() ? "a column without a name" : "two columns '" + name.text + "'",
           "a name of its own for each column");
    }
  }
}

// The list of maps that `points` could hold instead.
config::Node read_table(const std::filesystem::path& path) {
  const std::string text = config::read_text(path, kLargestTable);
  const std::string file = path.string();
  std::vector<Cell> names;
  config::Node points = config::Node::sequence({file, 1, 1});
  std::string_view rest = text;
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    std::vector<Cell> cells = split(line, file, number);
    if (names.empty()) {
      names = std::move(cells);
      check_names(names);
      continue;
    }
    if (cells.size() != names.size()) {
      fail(cells.front().where, fmt::format("{} cells", cells.size()),
           fmt::format("{}, one for each column", names.size()));
    }
    points.append(point_of(names, cells));
  }
  if (points.items().empty()) {
    fail({file, 1, 1}, "no points", "a line with the names of the columns, then a point a line");
  }
  return points;
}

}  // namespace

std::vector<AxisValue> read_point_table(const std::filesystem::path& path) {
  config::Reader reader;
  auto points = config::list(config::object(AxisValue::schema())).read(read_table(path), reader);
  reader.diagnostics().throw_if_any();
  return std::move(*points);
}

}  // namespace orrery::sweep
