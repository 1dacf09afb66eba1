// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/request_queue.h"

#include <algorithm>

namespace orrery::memory::dram {

std::uint32_t RequestQueue::renumber(std::uint32_t first) {
  std::vector<Request*> queued;
  for (const Index head : heads_) {
    for (Index index = head; index != kNone; index = requests_[index].next) {
      queued.push_back(&requests_[index]);
    }
  }
  std::sort(queued.begin(), queued.end(),
            [](const Request* a, const Request* b) { return a->number < b->number; });
  for (Request* request : queued) {
    request->age = first++;
  }
  return first;
}

}  // namespace orrery::memory::dram
