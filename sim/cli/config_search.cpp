// SPDX-License-Identifier: Apache-2.0
#include "cli/config_search.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

#include "base/error.h"

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;

struct FamilyInfo {
  const char* name;
  std::vector<const char*> folders;
};

const FamilyInfo& info(FileFamily family) {
  static const std::array<FamilyInfo, 4> kInfos{
      {{"platform", {"configs/platforms"}},
       {"workload", {"workloads/models", "workloads/layers", "workloads/requests"}},
       {"mapping", {"configs/mappings"}},
       {"DRAM standard", {"configs/dram"}}}};
  return kInfos[static_cast<std::size_t>(family)];
}

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

std::vector<fs::path> data_folders() {
  std::vector<fs::path> folders;
  if (const char* environment = std::getenv("ORRERY_CONFIG_PATH")) {
    for (const std::string& folder : split(environment)) {
      folders.emplace_back(folder);
    }
  }
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  for (const std::string& folder : split(ORRERY_DATA_FOLDERS)) {
    folders.push_back(fs::proximate((executable.parent_path() / folder).lexically_normal(), error));
  }
  return folders;
}

}  // namespace

std::vector<std::pair<std::string, fs::path>> shipped_files(FileFamily family) {
  std::map<std::string, fs::path> found;  // the first folder that has a name wins
  for (const fs::path& base : data_folders()) {
    for (const char* folder : info(family).folders) {
      std::error_code error;
      for (const fs::directory_entry& entry : fs::directory_iterator(base / folder, error)) {
        if (entry.path().extension() == ".yaml") {
          found.emplace(entry.path().stem().string(), entry.path());
        }
      }
    }
  }
  return {found.begin(), found.end()};
}

fs::path find_config(FileFamily family, const std::string& argument, const std::string& option) {
  const fs::path path(argument);
  std::error_code error;
  if (fs::exists(path, error) || path.has_extension() || path.has_parent_path()) {
    return path;
  }
  std::vector<std::string> names;
  for (const auto& [name, file] : shipped_files(family)) {
    if (name == argument) {
      return file;
    }
    names.push_back(name);
  }
  throw base::UserError(base::Diagnostic{
      {option + ' ' + argument, 0, 0},
      "",
      std::string("no such file, and no shipped ") + info(family).name + " of this name",
      "",
      base::nearest_name(argument, names)});
}

}  // namespace orrery::cli
