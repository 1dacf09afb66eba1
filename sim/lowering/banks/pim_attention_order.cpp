// SPDX-License-Identifier: Apache-2.0
#include "lowering/banks/pim_attention_order.h"

#include <algorithm>
#include <tuple>

#include "requests/attention_estimate.h"

namespace orrery::lowering {
namespace {

struct TimedTurn {
  std::int64_t time = 0;    // by the estimate, when what it needs is there
  std::int64_t number = 0;  // in its lane
  PimTurn turn;
};

// The turns of one lane with their times.
class Lane {
 public:
  Lane(const PimAttentionPlan& plan, std::int64_t lane, std::vector<TimedTurn>& turns)
      : plan_(plan), lane_(lane), turns_(turns) {}

  void run(const std::vector<std::int64_t>& requests, std::int64_t depth) {
    requests_ = requests;
    const std::int64_t count = std::ssize(requests);
    for (std::int64_t i = 0; i < count; ++i) {
      if (depth == 1) {
        add(PimStage::kBring, i);
        logits(i, 0, 0);
        values(i, 0);
        continue;
      }
      const std::int64_t before = i > 0 ? values_time(i - 1) : 0;
      const std::int64_t after = i + 1 < count ? logits_time(i + 1) : 0;
      if (i == 0) {
        add(PimStage::kBring, i);
      }
      if (i + 1 < count) {
        add(PimStage::kBring, i + 1);
      }
      logits(i, before, before + after);
      if (i > 0) {
        values(i - 1, after);
      }
    }
    if (depth > 1 && count > 0) {
      values(count - 1, 0);
    }
  }

 private:
  void add(PimStage stage, std::int64_t place) { add_at(time_, stage, place, 0); }

  void add_at(std::int64_t time, PimStage stage, std::int64_t place, std::int64_t part) {
    turns_.push_back(
        {time, number_++, {stage, requests_[static_cast<std::size_t>(place)], lane_, place, part}});
  }

  // Evenly over so much time from now on; nothing where the new value does not go to the banks.
  void append(std::int64_t place, std::int64_t duration) {
    if (staged(place) > 0) {
      return;
    }
    const std::int64_t parts = plan_.layout.shape().kv_heads * plan_.layout.rows_per_head();
    for (std::int64_t part = 0; part < parts; ++part) {
      add_at(time_ + duration * part / parts, PimStage::kAppend, place, part);
    }
  }

  [[nodiscard]] std::int64_t chunks_of(std::int64_t place) const {
    return plan_.layout.value_chunks(requests_[static_cast<std::size_t>(place)]);
  }
  [[nodiscard]] std::int64_t staged(std::int64_t place) const {
    return plan_.layout.staged_tokens(requests_[static_cast<std::size_t>(place)]);
  }
  // Of one vector of queries; of one head and chunk of values.
  [[nodiscard]] std::int64_t vector_time(std::int64_t place) const {
    const std::int64_t tiles = plan_.layout.key_tiles(requests_[static_cast<std::size_t>(place)]);
    return costs_.vector_write + tiles * costs_.tile;
  }
  [[nodiscard]] std::int64_t part_time() const {
    return costs_.vector_write + plan_.layout.rows_per_head() * costs_.tile;
  }
  [[nodiscard]] std::int64_t logits_time(std::int64_t place) const {
    return plan_.query_vectors() * vector_time(place);
  }
  [[nodiscard]] std::int64_t values_time(std::int64_t place) const {
    return plan_.heads * chunks_of(place) * part_time();
  }

  // Then come the values of the request before, which take `before`, and after so long (`until`
  // values) those of this one.
  void logits(std::int64_t place, std::int64_t before, std::int64_t until_values) {
    append(place, logits_time(place) + before);
    for (std::int64_t vector = 0; vector < plan_.query_vectors(); ++vector) {
      add_at(time_, PimStage::kLogits, place, vector);
      time_ += vector_time(place);
      add_at(time_, PimStage::kSoftmax, place, vector);
    }
    if (staged(place) > 0) {
      add(PimStage::kStaged, place);
    }
    add_at(time_ + until_values / 2, PimStage::kWeights, place, 0);
  }

  // `after`: the time of what the channel does next.
  void values(std::int64_t place, std::int64_t after) {
    const std::int64_t chunks = chunks_of(place);
    for (std::int64_t part = 0; part < plan_.heads * chunks; ++part) {
      add_at(time_, PimStage::kValues, place, part);
      time_ += part_time();
    }
    add(PimStage::kSums, place);
    add_at(time_ + after / 2, PimStage::kResult, place, 0);
  }

  const PimAttentionPlan& plan_;
  std::int64_t lane_;
  std::vector<TimedTurn>& turns_;
  std::vector<std::int64_t> requests_;
  requests::PimAttentionCosts costs_;
  std::int64_t time_ = 0;
  std::int64_t number_ = 0;
};

}  // namespace

std::vector<PimTurn> pim_attention_order(const PimAttentionPlan& plan, std::int64_t lanes,
                                         std::int64_t depth) {
  std::vector<std::vector<std::int64_t>> requests(static_cast<std::size_t>(lanes));
  for (std::size_t channel = 0; channel < plan.channels.size(); ++channel) {
    auto& list = requests[channel % requests.size()];
    list.insert(list.end(), plan.channels[channel].begin(), plan.channels[channel].end());
  }
  std::vector<TimedTurn> timed;
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    Lane(plan, lane, timed).run(requests[static_cast<std::size_t>(lane)], depth);
  }
  std::sort(timed.begin(), timed.end(), [](const TimedTurn& a, const TimedTurn& b) {
    return std::tie(a.time, a.turn.lane, a.number) < std::tie(b.time, b.turn.lane, b.number);
  });
  std::vector<PimTurn> turns;
  turns.reserve(timed.size());
  for (const TimedTurn& turn : timed) {
    turns.push_back(turn.turn);
  }
  return turns;
}

}  // namespace orrery::lowering
