// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "memory/dram/controller_config.h"

namespace orrery::memory::dram {

using base::Cycle;

// When a row is closed without being in the way of a request.
class PagePolicy {
 public:
  virtual ~PagePolicy() = default;
  // Whether closes_row() is ever true.
  [[nodiscard]] virtual bool closes_rows() const { return false; }
  // Whether a column command carries an automatic precharge. Left in the bank are, without the
  // request that is served: requests to the same row, and to other rows.
  [[nodiscard]] virtual bool closes_row(bool /*hit_left*/, bool /*miss_left*/) const {
    return false;
  }
  // After how many cycles without a command a row that no request hits is precharged.
  [[nodiscard]] virtual std::optional<Cycle> timeout() const { return std::nullopt; }
};

[[nodiscard]] std::unique_ptr<const PagePolicy> make_page_policy(const ControllerConfig& config);

}  // namespace orrery::memory::dram
