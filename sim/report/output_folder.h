// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace orrery::report {

// The folder that a run's files go to. Files are staged under temporary names and renamed together
// by publish(), so that no reader sees half a result; without publish() nothing is left behind, not
// even the folder if it is new.
class OutputFolder {
 public:
  // Makes the folder where it does not exist (its parent must) and tries to write in it. Throws
  // base::UserError that names the path where that fails.
  explicit OutputFolder(std::filesystem::path folder);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return folder_; }

  // Stages a file with this content. Throws base::UserError where it cannot be written.
  void write(const std::string& name, const std::string& content);
  // Announces a file that the caller writes to the returned path before publish().
  [[nodiscard]] std::filesystem::path stage(const std::string& name);
  // A file of this name that an earlier run left is removed by publish().
  void remove(const std::string& name) { removed_.push_back(name); }

  // Gives all staged files their names.
  void publish();

 private:
  [[nodiscard]] std::filesystem::path temporary(const std::string& name) const;

  std::filesystem::path folder_;
  bool created_ = false;
  bool published_ = false;
  std::vector<std::string> staged_;
  std::vector<std::string> removed_;
};

}  // namespace orrery::report
