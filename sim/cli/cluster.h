// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sweep/line_channel.h"
#include "workload/python.h"

namespace orrery::cli {

// What runs points elsewhere: python/orrery/cluster, connected to a Dask scheduler.
class Cluster {
 public:
  // The address of a scheduler; or "fd:N", a socket of this process at whose other end somebody who
  // has a connection already (orrery.sweep(client=)) does the same. Throws base::UserError where
  // Python or what it needs for that is missing.
  explicit Cluster(const std::string& address);
  ~Cluster();

  [[nodiscard]] sweep::LineChannel& channel() { return *channel_; }

 private:
  std::unique_ptr<workload::PythonService> service_;
  std::optional<sweep::LineChannel> channel_;  // closed first: that ends the service
};

}  // namespace orrery::cli
