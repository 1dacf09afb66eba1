// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "requests/request_lengths.h"

namespace orrery::requests {

// Requests as recorded from a service, in the order of the file.
struct RequestTrace {
  struct Row {
    std::int64_t id = 0;
    RequestLengths lengths;
    std::optional<std::int64_t> arrival_us;  // microseconds
    int line = 0;
  };
  std::string file;  // empty: the trace stands in the workload file itself
  std::string text;  // kept so that it can be written into the resolved workload
  std::vector<Row> rows;

  // One of the requests, each as likely as the others.
  [[nodiscard]] RequestLengths draw(base::Random& random) const {
    const auto last = static_cast<std::int64_t>(rows.size()) - 1;
    return rows[static_cast<std::size_t>(random.integer(0, last))].lengths;
  }
};

// Reads lines "id, prompt, output" or "id, prompt, output, arrival", all integers; arrival in
// microseconds. Lines that begin with # and empty ones are passed over; the first line may name the
// columns ("id,prompt,output,arrival"). `file` names the trace in messages. Throws base::UserError
// with the first twenty mistakes, by line and column: other numbers of cells, whatever is no
// number, lengths below 1, an id twice, arrivals in some lines only.
[[nodiscard]] RequestTrace parse_request_trace(std::string text, const std::string& file);

}  // namespace orrery::requests
