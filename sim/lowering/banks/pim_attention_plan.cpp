// SPDX-License-Identifier: Apache-2.0
#include "lowering/banks/pim_attention_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/integer.h"
#include "requests/attention_estimate.h"

namespace orrery::lowering {
namespace {

using base::divide_up;
using command::PimMemory;
using numeric::ElementType;
using workload::Attention;

class Planner {
 public:
  Planner(const workload::Graph& graph, const workload::Operator& op, const LayerMapping& mapping,
          const Machine& machine, base::Diagnostics& diagnostics, bool computes)
      : graph_(graph),
        op_(op),
        attention_(std::get<Attention>(op.attributes)),
        mapping_(mapping),
        machine_(machine),
        diagnostics_(diagnostics),
        computes_(computes) {}

  std::shared_ptr<const PimAttentionPlan> plan() {
    const auto found = find_pim_target(machine_, cache_type());
    if (const auto* obstacle = std::get_if<PimObstacle>(&found)) {
      error(obstacle->message, obstacle->expected);
      return nullptr;
    }
    const PimTarget& target = std::get<PimTarget>(found);
    tier_ = &machine_.tiers[target.tier];
    memory_ = target.banks;
    if (!check_operator() || !check_sizes() || !check_channels()) {
      return nullptr;
    }
    const PimKvShape shape = kv_shape();
    const requests::ChannelRule rule =
        mapping_.channels ? mapping_.channels->value : requests::ChannelRule::kRoundRobin;
    auto assigned = assign(shape, rule);
    std::vector<PimKvLayout::Request> places(lengths().size());
    for (std::size_t channel = 0; channel < assigned.requests.size(); ++channel) {
      for (const std::size_t request : assigned.requests[channel]) {
        places[request] = {lengths()[request], static_cast<std::int64_t>(channel)};
      }
    }
    return std::make_shared<const PimAttentionPlan>(
        PimAttentionPlan{target, PimKvLayout(shape, std::move(places)), type(0),
                         attention_.channels ? std::nullopt : std::optional(rule),
                         std::move(assigned.requests), attention_.heads, computes_});
  }

 private:
  [[nodiscard]] const Machine::Tier& tier() const { return *tier_; }
  [[nodiscard]] const workload::Tensor& input(std::size_t i) const {
    return graph_.tensors[static_cast<std::size_t>(op_.inputs[i])];
  }
  [[nodiscard]] ElementType type(std::size_t i) const { return input(i).type; }
  // What lies in the banks, and what they multiply it by.
  [[nodiscard]] ElementType cache_type() const { return type(attention_.cached ? 3 : 0); }
  [[nodiscard]] std::int64_t element_bytes() const { return numeric::bits(cache_type()) / 8; }

  bool error(const std::string& message, std::string expected) {
    diagnostics_.add({op_.where, "",
                      fmt::format("operator '{}' with {}: {}", op_.name,
                                  computes_ ? "attention: pim" : "cache: banks", message),
                      std::move(expected), ""});
    return false;
  }

  // A prefill: keys and values that lie in the banks cannot be loaded for arrays.
  bool check_caches() {
    if (!attention_.cached) {
      return error("it has no cache", "attention with a key-value cache");
    }
    for (std::int64_t i = 0; i < input(0).shape[0]; ++i) {
      if (attention_.past(i) > 0) {
        return error(
            fmt::format("request {} has {} tokens in the cache already", i, attention_.past(i)),
            "a prefill, which finds the cache empty");
      }
    }
    return true;
  }

  bool check_decode() {
    if (mapping_.cache && mapping_.cache->value == CacheLayout::kPlain) {
      diagnostics_.add(
          {mapping_.cache->where, mapping_.cache->path,
           fmt::format("operator '{}' computes in banks and has its caches there", op_.name),
           "cache: banks, or no attention: pim", ""});
      return false;
    }
    if (!attention_.cached || attention_.query_length != 1) {
      return error(fmt::format("it has {} queries a sequence{}", attention_.query_length,
                               attention_.cached ? "" : " and no cache"),
                   "a decode step: one query a sequence and a key-value cache");
    }
    if (attention_.window != 0 && attention_.window < attention_.length()) {
      return error(fmt::format("a window of {} tokens leaves out keys", attention_.window),
                   "attention without a window");
    }
    return true;
  }

  bool check_operator() {
    if (!(computes_ ? check_decode() : check_caches())) {
      return false;
    }
    const auto check_alike = [&](std::size_t first, std::size_t i, const char* expected) {
      return type(i) == type(first) ||
             error(fmt::format("'{}' is {}, '{}' is {}", input(first).name, name(type(first)),
                               input(i).name, name(type(i))),
                   expected);
    };
    const char* const fresh = "queries, new keys and new values of one type";
    return check_alike(0, 1, fresh) && check_alike(0, 2, fresh) &&
           check_alike(3, 4, "caches of one type") && check_conversion();
  }

  // Vector units convert floating-point numbers to what the caches hold.
  bool check_conversion() {
    const numeric::ElementTypeInfo& from = numeric::info(type(0));
    const bool can = !from.is_integer && from.block == nullptr && numeric::fills_bytes(type(0));
    return type(0) == cache_type() || can ||
           error(fmt::format("'{}' is {}, '{}' is {}", input(0).name, name(type(0)), input(3).name,
                             name(cache_type())),
                 "queries of the caches' type, or of a floating-point type of whole bytes");
  }

  bool check_sizes() {
    const std::int64_t bytes = attention_.head_size * element_bytes();
    if (bytes % memory_->column_bytes == 0 && bytes <= memory_->row_bytes()) {
      return true;
    }
    return error(fmt::format("a head size the layout cannot place: {} elements of {} are {} bytes",
                             attention_.head_size, name(cache_type()), bytes),
                 fmt::format("whole columns of {} bytes, at most a row of {}",
                             memory_->column_bytes, memory_->row_bytes()));
  }

  // Those that the operator itself names.
  bool check_channels() {
    if (!attention_.channels) {
      return true;
    }
    if (mapping_.channels) {
      diagnostics_.add({mapping_.channels->where, mapping_.channels->path,
                        fmt::format("the workload names the channels of operator '{}'", op_.name),
                        "one of both", ""});
      return false;
    }
    const std::int64_t last =
        *std::max_element(attention_.channels->begin(), attention_.channels->end());
    return last < memory_->channels() || error(fmt::format("a request lies in channel {}", last),
                                               fmt::format("one of the {} channels of memory '{}'",
                                                           memory_->channels(), tier().name));
  }

  [[nodiscard]] PimKvShape kv_shape() const {
    return {memory_->channels(), memory_->banks(),     memory_->row_bytes() / element_bytes(),
            attention_.kv_heads, attention_.head_size, attention_.value_head_size(),
            value_block()};
  }

  // Whole bursts of the memory, and whole columns: products read no other tokens' places.
  [[nodiscard]] std::int64_t value_block() const {
    if (mapping_.append && mapping_.append->value == PimAppend::kToken) {
      return 1;
    }
    return std::lcm(divide_up(tier().access_bytes, element_bytes()),
                    memory_->column_bytes / element_bytes());
  }

  // Tokens of each request, the new one among them.
  [[nodiscard]] const std::vector<std::int64_t>& lengths() {
    for (std::int64_t i = static_cast<std::int64_t>(lengths_.size()); i < input(0).shape[0]; ++i) {
      lengths_.push_back(attention_.length(i));
    }
    return lengths_;
  }

  requests::ChannelAssignment assign(const PimKvShape& shape, requests::ChannelRule rule) {
    if (attention_.channels) {
      requests::ChannelAssignment given;
      given.requests.resize(static_cast<std::size_t>(shape.channels));
      for (std::size_t i = 0; i < attention_.channels->size(); ++i) {
        given.requests[static_cast<std::size_t>((*attention_.channels)[i])].push_back(i);
      }
      return given;
    }
    requests::PimAttentionShape cost_shape;
    cost_shape.banks = shape.banks;
    cost_shape.row_elements = shape.row_elements;
    cost_shape.heads = attention_.heads;
    cost_shape.head_size = shape.head_size;
    const auto all = requests::channel_requests(
        lengths(),
        [&](std::int64_t tokens) { return requests::attention_cycles(cost_shape, {}, tokens); },
        [&](std::int64_t tokens) { return PimKvLayout::rows_of(shape, tokens); });
    return requests::assign_channels(
        rule, all, {shape.channels, tier().capacity / memory_->row.front().stride}, op_.where);
  }

  const workload::Graph& graph_;
  const workload::Operator& op_;
  const Attention& attention_;
  const LayerMapping& mapping_;
  const Machine& machine_;
  base::Diagnostics& diagnostics_;
  const bool computes_;
  const Machine::Tier* tier_ = nullptr;
  std::shared_ptr<const PimMemory> memory_;
  std::vector<std::int64_t> lengths_;
};

}  // namespace

std::int64_t PimAttentionPlan::weight_vectors() const {
  std::int64_t most = 0;
  for (std::size_t i = 0; i < layout.requests().size(); ++i) {
    most = std::max(most, heads * layout.value_chunks(static_cast<std::int64_t>(i)));
  }
  return most;
}

void PimAttentionPlan::add_keys(config::Node& node) const {
  if (rule) {
    node.set("channels", config::choice(channel_rule_names()).write(*rule));
  }
  node.set("append", config::choice(pim_append_names())
                         .write(has_staging() ? PimAppend::kBlock : PimAppend::kToken));
}

std::int64_t PimAttentionPlan::vector_rows() const {
  return computes && commands.loads_rows() ? divide_up(vectors(), layout.shape().banks) : 0;
}

std::int64_t PimAttentionPlan::softmax_tiles(std::int64_t request) const {
  const std::int64_t tokens = layout.requests()[static_cast<std::size_t>(request)].tokens;
  return divide_up(divide_up(tokens, column_elements()) * column_elements(), layout.shape().banks);
}

std::int64_t PimAttentionPlan::offset(const PimKvLayout::Place& place) const {
  return banks->address(place.channel, place.bank, place.row,
                        place.element * numeric::bits(type) / 8);
}

std::shared_ptr<const PimAttentionPlan> plan_pim_attention(
    const workload::Graph& graph, const workload::Operator& op, const LayerMapping& mapping,
    const Machine& machine, base::Diagnostics& diagnostics, bool computes) {
  return Planner(graph, op, mapping, machine, diagnostics, computes).plan();
}

}  // namespace orrery::lowering
