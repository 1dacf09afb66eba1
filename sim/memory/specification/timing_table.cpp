// SPDX-License-Identifier: Apache-2.0
#include "memory/specification/timing_table.h"

#include <algorithm>
#include <bit>

namespace orrery::memory::dram {

namespace {

bool same(const TimingTable::Site& a, const TimingTable::Site& b) {
  return a.base == b.base && a.shift == b.shift;
}

}  // namespace

TimingTable::TimingTable(const Spec& spec, const std::vector<int>& used) {
  rows_.resize(spec.commands.size());
  number_nodes(spec);
  std::vector<char> is_used(spec.commands.size(), 0);
  for (const int command : used) {
    is_used[static_cast<std::size_t>(command)] = 1;
  }
  for (const Constraint& constraint : spec.constraints) {
    const bool alone =
        constraint.sibling && spec.levels[static_cast<std::size_t>(constraint.scope)].count == 1;
    const bool nothing = constraint.delay == 0 && constraint.delay_by_count.empty();
    if (nothing || alone) {
      continue;
    }
    if (constraint.window > 1 || constraint.every > 1) {
      add_window(spec, constraint, is_used);
      continue;
    }
    for (const int earlier : constraint.earlier) {
      for (const int later : constraint.later) {
        if (is_used[static_cast<std::size_t>(earlier)] == 0 ||
            is_used[static_cast<std::size_t>(later)] == 0) {
          continue;
        }
        if (constraint.sibling) {
          const auto count = static_cast<std::uint32_t>(
              spec.levels[static_cast<std::size_t>(constraint.scope)].count);
          rows_[static_cast<std::size_t>(earlier)].sibling_effects.push_back(
              {site(later, constraint.scope), count, constraint.delay});
        } else if (!constraint.delay_by_count.empty()) {
          rows_[static_cast<std::size_t>(earlier)].counted_effects.push_back(
              {site(later, constraint.scope), constraint.delay_by_count});
        } else {
          add_plain(earlier, later, constraint);
        }
      }
    }
  }
  for (std::size_t later = 0; later < rows_.size(); ++later) {
    std::vector<Site>& sites = rows_[later].sites;
    for (const Layer& layer : layer_of_level_) {
      const Site here = {static_cast<std::uint32_t>(later * nodes_) + layer.offset, layer.shift};
      const auto touches = [&](const CommandRow& row) {
        const auto is_here = [&](const auto& effect) { return same(effect.site, here); };
        const auto in_window = [&](const WindowEffect& effect) {
          return std::any_of(effect.later.begin(), effect.later.end(),
                             [&](const Site& site) { return same(site, here); });
        };
        return std::any_of(row.effects.begin(), row.effects.end(), is_here) ||
               std::any_of(row.counted_effects.begin(), row.counted_effects.end(), is_here) ||
               std::any_of(row.sibling_effects.begin(), row.sibling_effects.end(), is_here) ||
               std::any_of(row.window_effects.begin(), row.window_effects.end(), in_window);
      };
      const bool known = std::any_of(sites.begin(), sites.end(),
                                     [&](const Site& site) { return same(site, here); });
      if (!known && std::any_of(rows_.begin(), rows_.end(), touches)) {
        sites.push_back(here);
        const Layer& rank = layer_of_level_[static_cast<std::size_t>(spec.refresh_scope)];
        rows_[later].rank_sites += layer.shift >= rank.shift ? 1 : 0;
        rows_[later].shared_sites += layer.shift >= std::min(rank.shift, 1U) ? 1 : 0;
      }
    }
  }
  mark_elsewhere(spec);
}

void TimingTable::number_nodes(const Spec& spec) {
  std::uint32_t next = 0;
  int nodes_above = 0;
  for (const Level& level : spec.levels) {
    if (level.nodes == nodes_above) {
      layer_of_level_.push_back(layer_of_level_.back());
      continue;
    }
    const auto banks_each = static_cast<unsigned>(spec.banks() / level.nodes);
    layer_of_level_.push_back({next, static_cast<std::uint32_t>(std::bit_width(banks_each) - 1)});
    next += static_cast<std::uint32_t>(level.nodes);
    nodes_above = level.nodes;
  }
  nodes_ = next;
  slots_ = nodes_ * spec.commands.size();
}

TimingTable::Site TimingTable::site(int later, int scope) const {
  const Layer& layer = layer_of_level_[static_cast<std::size_t>(scope)];
  return {static_cast<std::uint32_t>(static_cast<std::size_t>(later) * nodes_) + layer.offset,
          layer.shift};
}

void TimingTable::add_plain(int earlier, int later, const Constraint& constraint) {
  const Site target = site(later, constraint.scope);
  std::vector<Effect>& effects = rows_[static_cast<std::size_t>(earlier)].effects;
  for (Effect& effect : effects) {
    if (same(effect.site, target)) {
      effect.delay = std::max(effect.delay, constraint.delay);
      return;
    }
  }
  effects.push_back({target, constraint.delay});
}

void TimingTable::add_window(const Spec& spec, const Constraint& constraint,
                             const std::vector<char>& used) {
  WindowEffect effect;
  const Layer& layer = layer_of_level_[static_cast<std::size_t>(constraint.scope)];
  effect.depth = static_cast<std::uint32_t>(constraint.window);
  effect.every = static_cast<std::uint32_t>(constraint.every);
  effect.ring = {static_cast<std::uint32_t>(ring_cycles_), layer.shift};
  effect.position = {static_cast<std::uint32_t>(rings_), layer.shift};
  effect.delay = constraint.delay;
  for (const int later : constraint.later) {
    if (used[static_cast<std::size_t>(later)] != 0) {
      effect.later.push_back(site(later, constraint.scope));
    }
  }
  const auto nodes =
      static_cast<std::size_t>(spec.levels[static_cast<std::size_t>(constraint.scope)].nodes);
  ring_cycles_ += nodes * effect.depth;
  rings_ += nodes;
  for (const int earlier : constraint.earlier) {
    if (used[static_cast<std::size_t>(earlier)] != 0 && !effect.later.empty()) {
      rows_[static_cast<std::size_t>(earlier)].window_effects.push_back(effect);
    }
  }
}

void TimingTable::mark_elsewhere(const Spec& spec) {
  for (CommandRow& row : rows_) {
    const auto mark = [&](const Site& site, std::uint32_t reach) {
      const auto kind = static_cast<unsigned>(spec.commands[site.base / nodes_].kind);
      row.delays_elsewhere |= reach > 0 ? std::uint32_t{1} << kind : 0;
    };
    for (const Effect& effect : row.effects) {
      mark(effect.site, effect.site.shift);
    }
    for (const CountedEffect& effect : row.counted_effects) {
      mark(effect.site, effect.site.shift);
    }
    for (const SiblingEffect& effect : row.sibling_effects) {
      mark(effect.site, ~std::uint32_t{0});
    }
    for (const WindowEffect& effect : row.window_effects) {
      for (const Site& site : effect.later) {
        mark(site, site.shift);
      }
    }
  }
}

}  // namespace orrery::memory::dram
