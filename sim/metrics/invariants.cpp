// SPDX-License-Identifier: Apache-2.0
#include "metrics/invariants.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace orrery::metrics {
namespace {

// Collects the first few mismatches of one rule.
class Rule {
 public:
  explicit Rule(std::string name) { invariant_.name = std::move(name); }

  void require(bool holds, const std::string& detail) {
    ++checked_;
    if (holds) {
      return;
    }
    invariant_.holds = false;
    if (++broken_ <= 3) {
      invariant_.detail += (broken_ == 1 ? "" : "; ") + detail;
    }
  }
  void require_equal(const std::string& what, std::int64_t left, std::int64_t right) {
    require(left == right, fmt::format("{}: {} is not {}", what, left, right));
  }

  [[nodiscard]] Invariant verdict() {
    if (invariant_.holds) {
      invariant_.detail = fmt::format("{} checked", checked_);
    } else if (broken_ > 3) {
      invariant_.detail += fmt::format("; and {} more", broken_ - 3);
    }
    return invariant_;
  }

 private:
  Invariant invariant_;
  int checked_ = 0;
  int broken_ = 0;
};

Invariant cycles_add_up(const InvariantFacts& facts) {
  Rule rule("busy + stalled + idle = total");
  for (const auto& engine : facts.engines) {
    rule.require_equal(engine.name, engine.cycles.busy + engine.cycles.stalled + engine.cycles.idle,
                       engine.cycles.total);
  }
  return rule.verdict();
}

Invariant queues_balance(const InvariantFacts& facts) {
  Rule rule("every command sent is enqueued, started and completed once");
  for (const auto& engine : facts.engines) {
    rule.require_equal(engine.name + " enqueued", engine.enqueued, engine.sent);
    rule.require_equal(engine.name + " started", engine.started, engine.sent);
    rule.require_equal(engine.name + " completed", engine.completed, engine.sent);
  }
  return rule.verdict();
}

Invariant operands_are_accounted(const InvariantFacts& facts) {
  Rule rule("engines use the bytes their commands declare, with the declared reuse");
  for (const auto& engine : facts.engines) {
    rule.require_equal(engine.name + " bytes read", engine.bytes_read, engine.declared_bytes_read);
    rule.require_equal(engine.name + " bytes written", engine.bytes_written,
                       engine.declared_bytes_written);
  }
  return rule.verdict();
}

Invariant memory_is_accounted(const InvariantFacts& facts) {
  Rule rule("memories move the bytes that were asked for, in whole bursts");
  const auto within = [&](const std::string& what, std::int64_t moved, std::int64_t asked,
                          std::int64_t most) {
    rule.require(moved >= asked && moved <= most,
                 fmt::format("{}: {} moved, {} asked for, at most {}", what, moved, asked, most));
  };
  for (const auto& tier : facts.tiers) {
    within(tier.name + " read", tier.bytes_read, tier.declared_bytes_read, tier.most_bytes_read);
    within(tier.name + " written", tier.bytes_written, tier.declared_bytes_written,
           tier.most_bytes_written);
  }
  return rule.verdict();
}

Invariant macs_match_the_model(const InvariantFacts& facts) {
  Rule rule("useful multiply-accumulates = what the operators' definitions need");
  for (const auto& layer : facts.layers) {
    rule.require_equal(layer.name, layer.macs_useful, layer.declared_macs);
  }
  return rule.verdict();
}

Invariant not_faster_than_the_roofline(const InvariantFacts& facts) {
  Rule rule("not faster than the roofline");
  // One part in a million for the rounding of the two divisions.
  const double most_seconds = facts.seconds * (1.0 + 1e-6);
  double macs = 0.0;
  for (const auto& layer : facts.layers) {
    macs += static_cast<double>(layer.macs_useful);
  }
  const auto bound = [&](const std::string& what, double amount, double rate) {
    rule.require(amount <= rate * most_seconds,
                 fmt::format("{}: {:.6g} in {:.6g} s, at most {:.6g}", what, amount, facts.seconds,
                             rate * facts.seconds));
  };
  bound("multiply-accumulates", macs, facts.peak_macs_per_second);
  for (const auto& tier : facts.tiers) {
    if (tier.peak_bytes_per_second > 0.0) {
      bound(tier.name + " bytes",
            static_cast<double>(tier.declared_bytes_read + tier.declared_bytes_written -
                                tier.most_bytes_beside_bus),
            tier.peak_bytes_per_second);
    }
  }
  return rule.verdict();
}

Invariant layers_add_up(const InvariantFacts& facts) {
  Rule rule("layers add up to the run");
  rule.require_equal("latency in fs", facts.layers_latency, facts.latency);
  // Sums of doubles in another order differ in the last digits.
  const double scale = std::max(std::abs(facts.total_energy_pj), 1.0);
  rule.require(std::abs(facts.layers_energy_pj - facts.total_energy_pj) <= 1e-9 * scale,
               fmt::format("energy: {:.12g} pJ is not {:.12g} pJ", facts.layers_energy_pj,
                           facts.total_energy_pj));
  return rule.verdict();
}

}  // namespace

std::vector<Invariant> check_invariants(const InvariantFacts& facts) {
  return {cycles_add_up(facts),          queues_balance(facts),
          operands_are_accounted(facts), memory_is_accounted(facts),
          macs_match_the_model(facts),   not_faster_than_the_roofline(facts),
          layers_add_up(facts)};
}

}  // namespace orrery::metrics
