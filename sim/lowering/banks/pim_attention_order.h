// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "lowering/banks/pim_attention_plan.h"

namespace orrery::lowering {

// A part of what a request needs.
enum class PimStage : std::uint8_t {
  kBring,    // query, new key and values into the scratchpad; query and key to their rows
  kLogits,   // one vector of queries times keys
  kAppend,   // the new values of one row of all banks to their place
  kSoftmax,  // of one vector of queries, on a vector unit
  kStaged,   // weights times the values that are not in the banks, on a vector unit
  kWeights,  // of softmax to their rows
  kValues,   // the weights of one head and some tokens times values
  kSums,     // over chunks of tokens, on a vector unit
  kResult,   // to memory
};

struct PimTurn {
  PimStage stage = PimStage::kBring;
  std::int64_t request = 0;
  std::int64_t lane = 0;
  std::int64_t place = 0;  // of the request in its lane
  // kLogits, kSoftmax: vector of queries. kAppend: row of the new value. kValues: head * chunks +
  // chunk of tokens.
  std::int64_t part = 0;
};

// The stages of all requests in the order in which they are given to engines. A lane takes the
// requests of its channels (channel mod lanes) one after the other; with depth 2 the logits of one
// request are made before the values of the one before it, and its vectors are there by then:
//
//   channel:      logits 0 | logits 1 | values 0 | logits 2 | values 1 | ... | values n
//   vector unit:             softmax 0             softmax 1
//
// What waits for a vector unit is stored half a step later, so that it does not hold up the stores
// of other lanes behind it.
// New values have their elements in many rows, which take their time: they are written part by part
// while the channel computes. Lanes go on as fast as requests::attention_cycles says, so that
// engines which serve all of them in the order of the stream do not make one wait for another.
[[nodiscard]] std::vector<PimTurn> pim_attention_order(const PimAttentionPlan& plan,
                                                       std::int64_t lanes, std::int64_t depth);

}  // namespace orrery::lowering
