// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/codec.h"

namespace orrery::workload {

// Which experts each token went to, as recorded from a running model.
struct RoutingTrace {
  struct Row {
    std::int32_t layer = 0;
    std::int32_t token = 0;
    std::int32_t line = 0;
    std::int32_t count = 0;  // of experts
    std::size_t first = 0;   // index in `experts`
  };
  std::string file;       // empty: the trace stands in the workload file itself
  std::string text;       // kept so that it can be written into the resolved workload
  std::vector<Row> rows;  // by layer, then by token
  std::vector<std::int32_t> experts;

  // The experts of tokens [first, first + tokens) in a layer, [tokens, experts_per_token]. Throws
  // base::UserError with the first twenty of: tokens that are not there, other numbers of experts
  // than `experts_per_token`, experts that are not below `expert_count`. `where` is the place of
  // the trace in the workload.
  [[nodiscard]] std::vector<std::int32_t> experts_of(std::int64_t layer, std::int64_t first,
                                                     std::int64_t tokens,
                                                     std::int64_t experts_per_token,
                                                     std::int64_t expert_count,
                                                     const base::SourcePosition& where) const;
};

// Reads lines "token, layer, expert, expert, ...", separated by commas or by blanks, in any order.
// Lines that begin with # and empty ones are passed over; the first line may name the columns
// ("token,layer,..."). `file` names the trace in messages. Throws base::UserError with the first
// twenty mistakes, by line and column: whatever is no number, an expert twice in a line, a token
// twice in a layer, lines of more than 64 KiB.
[[nodiscard]] RoutingTrace parse_routing_trace(std::string text, const std::string& file);

// The path of a trace, relative to the file that names it, or (a value with a line break) the trace
// itself.
[[nodiscard]] config::Codec<RoutingTrace> routing_trace_codec();

}  // namespace orrery::workload
