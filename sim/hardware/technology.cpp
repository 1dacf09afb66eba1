// SPDX-License-Identifier: Apache-2.0
#include "hardware/technology.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace orrery::hardware {
namespace {

struct Node {
  std::int64_t nanometres;
  double a, b, c;  // energy a V^2 + b V + c, relative
  double area;     // relative to 45 nm
};

// Stillmaker and Baas 2017. 28 nm lies a third of the way from 32 to 20 nm.
constexpr double kThird = 1.0 / 3.0;
constexpr Node between(const Node& from, const Node& to, std::int64_t nanometres, double share) {
  const auto mix = [share](double x, double y) { return x + (y - x) * share; };
  return {nanometres, mix(from.a, to.a), mix(from.b, to.b), mix(from.c, to.c),
          mix(from.area, to.area)};
}
constexpr Node k32{32, 0.9559, -0.7823, 0.471, 0.46};
constexpr Node k20{20, 0.373, -0.1582, 0.04104, 0.21};
constexpr Node kNodes[] = {
    {130, 7.171, -6.709, 2.904, 6.4},
    {90, 4.762, -4.781, 2.092, 2.8},
    {65, 3.755, -4.398, 1.975, 1.5},
    {45, 1.103, -0.362, 0.2767, 1.0},
    k32,
    between(k32, k20, 28, kThird),
    k20,
    {16, 0.2958, -0.1241, 0.03024, 0.19},
    {14, 0.2363, -0.09675, 0.02239, 0.17},
    {10, 0.2068, -0.09311, 0.02375, 0.10},
    {7, 0.1776, -0.09097, 0.02447, 0.059},
};

const Node& node_of(std::int64_t nanometres) {
  for (const Node& node : kNodes) {
    if (node.nanometres == nanometres) {
      return node;
    }
  }
  throw base::InternalError("factors are asked for known nodes", std::to_string(nanometres));
}

double energy(const Technology& technology) {
  const Node& node = node_of(technology.nanometres);
  return (node.a * technology.volts + node.b) * technology.volts + node.c;
}

std::string node_text(std::int64_t nanometres) {
  return fmt::format("{} nm", nanometres);
}

}  // namespace

const std::vector<std::int64_t>& known_nodes() {
  static const std::vector<std::int64_t> kKnown = [] {
    std::vector<std::int64_t> nodes;
    for (const Node& node : kNodes) {
      nodes.push_back(node.nanometres);
    }
    return nodes;
  }();
  return kKnown;
}

std::optional<std::int64_t> parse_node(std::string_view text) {
  for (const std::int64_t node : known_nodes()) {
    if (text == node_text(node)) {
      return node;
    }
  }
  return std::nullopt;
}

config::Codec<std::int64_t> node_codec() {
  config::EnumTable<std::int64_t> table;
  for (const std::int64_t node : known_nodes()) {
    table.emplace_back(node_text(node), node);
  }
  return config::choice(table);
}

const config::Schema<Technology>& Technology::schema() {
  static const config::Schema<Technology> kSchema =
      config::Schema<Technology>("technology", "A process node and its supply.")
          .required("node", &Technology::nanometres, node_codec(), "The node.")
          .required("voltage", &Technology::volts, config::quantity("V", "V"), "The supply.")
          .check(
              [](const Technology& technology, const config::Node& node, config::Reader& reader) {
                if (technology.volts < 0.5 || technology.volts > 1.4) {
                  const config::Node* const at = node.find("voltage");
                  reader.error(at != nullptr ? at->where() : node.where(),
                               fmt::format("a supply of {} V", technology.volts), "0.5 V to 1.4 V");
                }
              });
  return kSchema;
}

double logic_energy_factor(const Technology& from, const Technology& to) {
  return energy(to) / energy(from);
}

double logic_area_factor(std::int64_t from_nanometres, std::int64_t to_nanometres) {
  return node_of(to_nanometres).area / node_of(from_nanometres).area;
}

}  // namespace orrery::hardware
