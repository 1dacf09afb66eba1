// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>

namespace orrery::report {

// One file that appears under its name only when it is complete. What is no regular file (a pipe,
// /dev/null) is written in place.
class OutputFile {
 public:
  // Throws base::UserError that names the path where it cannot be opened.
  explicit OutputFile(std::filesystem::path path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  [[nodiscard]] std::ofstream& stream() { return stream_; }

  // Closes the file and gives it its name. Throws base::UserError where anything was not written.
  void publish();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::ofstream stream_;
  bool published_ = false;
};

}  // namespace orrery::report
