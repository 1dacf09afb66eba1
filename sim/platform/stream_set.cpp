// SPDX-License-Identifier: Apache-2.0
#include "platform/stream_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "command/form_names.h"

namespace orrery::platform {
namespace {

using command::StreamHeader;
using command::UsedRange;

bool is_on_chip(const UsedRange& range) {
  return range.space.kind != command::SpaceKind::kTier;
}

base::Diagnostic diagnostic(const std::string& stream, const std::string& key, std::string message,
                            std::string expected) {
  return {{"stream " + stream, 0, 0}, key, std::move(message), std::move(expected), ""};
}

void check_declared(const std::vector<StreamHeader>& headers, const std::vector<std::string>& names,
                    base::Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (std::none_of(headers[i].uses.begin(), headers[i].uses.end(), is_on_chip)) {
      diagnostics.add(diagnostic(names[i], "uses",
                                 "does not say what it uses of the scratchpad and the accumulators",
                                 "it, as in 'uses scratchpad 0 65536', where several streams run"));
    }
  }
}

void check_overlaps(const std::vector<StreamHeader>& headers, const std::vector<std::string>& names,
                    base::Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    for (const UsedRange& range : headers[i].uses) {
      for (std::size_t j = 0; j < i && is_on_chip(range); ++j) {
        for (const UsedRange& other : headers[j].uses) {
          if (range.space == other.space && range.begin < other.end && other.begin < range.end) {
            diagnostics.add(diagnostic(
                names[i], "uses",
                fmt::format("bytes {} to {} of {} overlap those of stream {}", range.begin,
                            range.end, command::describe(range.space, headers[i]), names[j]),
                fmt::format("none of bytes {} to {}", other.begin, other.end)));
          }
        }
      }
    }
  }
}

void check_rendezvous(const std::vector<StreamHeader>& headers,
                      const std::vector<std::string>& names, base::Diagnostics& diagnostics) {
  std::map<std::uint64_t, std::vector<std::size_t>> streams;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    for (const std::uint64_t number : headers[i].rendezvous) {
      streams[number].push_back(i);
    }
  }
  for (const auto& [number, who] : streams) {
    if (who.size() == 1) {
      diagnostics.add(diagnostic(names[who.front()], "rendezvous",
                                 fmt::format("no other stream takes part in rendezvous {}", number),
                                 "at least two streams that do"));
    }
  }
}

}  // namespace

std::vector<std::string> stream_names(const std::vector<StreamHeader>& headers) {
  std::vector<std::string> names;
  std::map<std::string, int> seen;
  for (const StreamHeader& header : headers) {
    const int count = ++seen[header.workload];
    names.push_back(count == 1 ? header.workload : fmt::format("{} ({})", header.workload, count));
  }
  return names;
}

void check_streams(const std::vector<StreamHeader>& headers) {
  if (headers.size() < 2) {
    return;
  }
  const std::vector<std::string> names = stream_names(headers);
  base::Diagnostics diagnostics;
  check_declared(headers, names, diagnostics);
  check_overlaps(headers, names, diagnostics);
  check_rendezvous(headers, names, diagnostics);
  diagnostics.throw_if_any();
}

}  // namespace orrery::platform
