// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/request_queue.h"

#include <algorithm>

namespace orrery::memory::dram {

void RequestQueue::collect(std::vector<Request*>& queued) {
  for (Index index = oldest_; index != kNone; index = requests_[index].younger) {
    queued.push_back(&requests_[index]);
  }
}

std::uint32_t renumber(RequestQueue& reads, RequestQueue& writes) {
  std::vector<Request*> queued;
  reads.collect(queued);
  writes.collect(queued);
  std::sort(queued.begin(), queued.end(),
            [](const Request* a, const Request* b) { return a->number < b->number; });
  std::uint32_t age = 0;
  for (Request* request : queued) {
    request->age = age++;
  }
  return age;
}

}  // namespace orrery::memory::dram
