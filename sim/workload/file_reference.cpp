// SPDX-License-Identifier: Apache-2.0
#include "workload/file_reference.h"

namespace orrery::workload {

std::filesystem::path referenced_path(const config::Node& value) {
  const std::string& holder = value.where().file;
  if (holder.starts_with("--set ")) {
    return value.text();
  }
  return (std::filesystem::path(holder).parent_path() / value.text()).lexically_normal();
}

bool check_exists(const std::filesystem::path& path, const config::Node& value,
                  config::Reader& reader) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return true;
  }
  reader.error(value.where(), "no such file: " + path.string());
  return false;
}

}  // namespace orrery::workload
