// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace orrery::requests {

// Tokens of a request: those it brings and those that are made for it.
struct RequestLengths {
  std::int64_t prompt = 1;
  std::int64_t output = 1;
};

}  // namespace orrery::requests
