// SPDX-License-Identifier: Apache-2.0
#include "report/output_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace orrery::report {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, std::string message, std::string expected = {}) {
  throw base::UserError(
      base::Diagnostic{{path.string(), 0, 0}, "", std::move(message), std::move(expected), ""});
}

}  // namespace

OutputFile::OutputFile(fs::path path) : path_(std::move(path)), temporary_(path_) {
  std::error_code error;
  const fs::file_status status = fs::status(path_, error);
  if (fs::is_directory(status)) {
    fail(path_, "is a folder", "a file to write to");
  }
  if (!fs::exists(status) || fs::is_regular_file(status)) {
    temporary_.replace_filename(fmt::format(".{}.{}", path_.filename().string(), getpid()));
  }
  stream_.open(temporary_, std::ios::binary | std::ios::trunc);
  if (!stream_) {
    fail(path_, fmt::format("cannot be written: {}", std::strerror(errno)));
  }
}

OutputFile::~OutputFile() {
  if (!published_ && temporary_ != path_) {
    std::error_code ignored;
    stream_.close();
    fs::remove(temporary_, ignored);
  }
}

void OutputFile::publish() {
  stream_.close();
  if (!stream_) {
    fail(path_, fmt::format("cannot be written: {}", std::strerror(errno)));
  }
  std::error_code error;
  if (temporary_ != path_) {
    fs::rename(temporary_, path_, error);
  }
  if (error) {
    fail(path_, "cannot be written: " + error.message());
  }
  published_ = true;
}

}  // namespace orrery::report
