// SPDX-License-Identifier: Apache-2.0
#include "cli/cluster.h"

#include <charconv>

#include "base/error.h"

namespace orrery::cli {
namespace {

constexpr const char* kModule = "orrery.cluster";
constexpr std::string_view kSocketPrefix = "fd:";

[[noreturn]] void fail(const std::string& message, const std::string& expected) {
  throw base::UserError(base::Diagnostic{{"", 0, 0}, "--cluster", message, expected, ""});
}

int socket_of(const std::string& address) {
  int number = -1;
  const char* end = address.data() + address.size();
  const auto result = std::from_chars(address.data() + kSocketPrefix.size(), end, number);
  if (result.ec != std::errc() || result.ptr != end || number < 0) {
    fail("'" + address + "' names no socket", "tcp://HOST:PORT");
  }
  return number;
}

}  // namespace

Cluster::Cluster(const std::string& address) {
  if (address.starts_with(kSocketPrefix)) {
    channel_.emplace(socket_of(address));
    return;
  }
  service_ = std::make_unique<workload::PythonService>(kModule, std::vector{address});
  channel_.emplace(service_->socket());
  if (!service_->started()) {
    fail("Python cannot be started", "Python with the package orrery and its extra `cluster`");
  }
}

Cluster::~Cluster() = default;

}  // namespace orrery::cli
