// SPDX-License-Identifier: Apache-2.0
#include "base/data_folders.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

namespace orrery::base {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(':', begin), text.size());
    if (end > begin) {
      parts.push_back(text.substr(begin, end - begin));
    }
    begin = end + 1;
  }
  return parts;
}

std::vector<fs::path>& added_folders() {
  static std::vector<fs::path> folders;
  return folders;
}

}  // namespace

void add_data_folder(fs::path folder) {
  added_folders().push_back(std::move(folder));
}

std::vector<fs::path> data_folders() {
  std::vector<fs::path> folders;
  if (const char* environment = std::getenv("ORRERY_CONFIG_PATH")) {
    for (const std::string& folder : split(environment)) {
      folders.emplace_back(folder);
    }
  }
  folders.insert(folders.end(), added_folders().begin(), added_folders().end());
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  for (const std::string& folder : split(ORRERY_DATA_FOLDERS)) {
    folders.push_back(fs::proximate((executable.parent_path() / folder).lexically_normal(), error));
  }
  return folders;
}

}  // namespace orrery::base
