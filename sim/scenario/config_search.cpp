// SPDX-License-Identifier: Apache-2.0
#include "scenario/config_search.h"

#include <array>
#include <map>

#include "base/data_folders.h"
#include "base/error.h"

namespace orrery::scenario {
namespace {

namespace fs = std::filesystem;

struct FamilyInfo {
  const char* name;
  std::vector<const char*> folders;
};

const FamilyInfo& info(FileFamily family) {
  static const std::array<FamilyInfo, 6> kInfos{
      {{"platform", {"configs/platforms"}},
       {"workload", {"workloads/models", "workloads/layers", "workloads/requests"}},
       {"mapping", {"configs/mappings"}},
       {"DRAM standard", {"configs/dram", "configs/pim"}},
       {"study", {"configs/studies"}},
       {"sweep", {"configs/sweeps"}}}};
  return kInfos[static_cast<std::size_t>(family)];
}

}  // namespace

std::vector<std::pair<std::string, fs::path>> shipped_files(FileFamily family) {
  std::map<std::string, fs::path> found;  // the first folder that has a name wins
  for (const fs::path& base : base::data_folders()) {
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

}  // namespace orrery::scenario
