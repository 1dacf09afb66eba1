// SPDX-License-Identifier: Apache-2.0
#include "cli/version.h"

#include <fmt/format.h>
#include <sysc/kernel/sc_ver.h>

#include <boost/version.hpp>

#include "report/build_info.h"

namespace orrery::cli {

std::string version_text() {
  const report::BuildInfo& build = report::build_info();
  return fmt::format(
      "orrery {} (commit {})\n"
      "build     {}, {}\n"
      "flags     {}\n"
      "SystemC   {}.{}.{}\n"
      "Boost     {}.{}.{}\n"
      "fmt       {}.{}.{}",
      build.version, build.commit, build.build_type, build.compiler, build.flags, SC_VERSION_MAJOR,
      SC_VERSION_MINOR, SC_VERSION_PATCH, BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
      BOOST_VERSION % 100, FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100);
}

}  // namespace orrery::cli
