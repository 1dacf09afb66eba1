// SPDX-License-Identifier: Apache-2.0
#include "report/json.h"

#include <cmath>

#include "base/error.h"

namespace orrery::report {
namespace {

void require_finite(const Json& json, const std::string& path) {
  if (json.is_number_float()) {
    base::require_invariant(std::isfinite(json.get<double>()), "every figure is finite", path);
  }
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      require_finite(value, path + '.' + key);
    }
  } else if (json.is_array()) {
    for (const Json& item : json) {
      require_finite(item, path);
    }
  }
}

}  // namespace

std::string write_json(const Json& json) {
  require_finite(json, "");
  // A name of the user that is not UTF-8 cannot come from a file, which is checked, but from the
  // command line.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace orrery::report
