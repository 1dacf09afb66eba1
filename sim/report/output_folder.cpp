// SPDX-License-Identifier: Apache-2.0
#include "report/output_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "base/error.h"

namespace orrery::report {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, std::string message, std::string expected = {}) {
  throw base::UserError(
      base::Diagnostic{{path.string(), 0, 0}, "", std::move(message), std::move(expected), ""});
}

std::string reason(const std::error_code& error) {
  return error.message();
}

void write_all(const fs::path& temporary, const fs::path& shown, const std::string& content) {
  std::ofstream stream(temporary, std::ios::binary | std::ios::trunc);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  stream.close();
  if (!stream) {
    fail(shown, fmt::format("cannot be written: {}", std::strerror(errno)));
  }
}

}  // namespace

OutputFolder::OutputFolder(fs::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  const fs::file_status status = fs::status(folder_, error);
  if (fs::exists(status) && !fs::is_directory(status)) {
    fail(folder_, "is a file", "a folder for the results");
  }
  if (!fs::exists(status)) {
    // A trailing separator would make the folder its own parent.
    const fs::path plain = folder_.has_filename() ? folder_ : folder_.parent_path();
    const fs::path parent = plain.has_parent_path() ? plain.parent_path() : fs::path(".");
    if (!fs::is_directory(parent, error)) {
      fail(folder_, "cannot be created: there is no folder '" + parent.string() + "'",
           "a folder whose parent exists");
    }
    created_ = fs::create_directory(plain, error);
    if (error) {
      fail(folder_, "cannot be created: " + reason(error));
    }
  }
  if (access(folder_.c_str(), W_OK | X_OK) != 0) {
    fail(folder_, fmt::format("cannot be written to: {}", std::strerror(errno)));
  }
}

OutputFolder::~OutputFolder() {
  if (published_) {
    return;
  }
  std::error_code ignored;
  for (const std::string& name : staged_) {
    fs::remove(temporary(name), ignored);
  }
  if (created_) {
    fs::remove(folder_, ignored);  // only if it is empty
  }
}

fs::path OutputFolder::temporary(const std::string& name) const {
  return folder_ / fmt::format(".{}.{}", name, getpid());
}

fs::path OutputFolder::stage(const std::string& name) {
  staged_.push_back(name);
  return temporary(name);
}

void OutputFolder::write(const std::string& name, const std::string& content) {
  write_all(stage(name), folder_ / name, content);
}

void OutputFolder::publish() {
  std::error_code error;
  for (const std::string& name : removed_) {
    fs::remove(folder_ / name, error);
    if (error) {
      fail(folder_ / name, "an old file cannot be removed: " + reason(error));
    }
  }
  for (const std::string& name : staged_) {
    fs::rename(temporary(name), folder_ / name, error);
    if (error) {
      fail(folder_ / name, "cannot be written: " + reason(error));
    }
  }
  published_ = true;
}

}  // namespace orrery::report
