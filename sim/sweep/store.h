// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sweep/evaluator.h"

struct sqlite3;

namespace orrery::sweep {

// A line of the store.
struct StoredPoint {
  std::string id;
  std::string hash;        // of all that its result depends on, the program included
  std::string parameters;  // JSON: labels by axis, config_hash
  PointStatus status = PointStatus::kPending;
  std::string error;
  std::string result;  // result.json of points that are done
  std::int64_t attempts = 0;
  double host_seconds = 0.0;
};

// The results of a study or sweep: one SQLite file with one writer. Every change is on the disk
// when its function returns, so that killing the program, or the machine, loses at most the points
// that are being run.
class Store {
 public:
  // Opens or makes the file. Throws base::UserError where it is no store, belongs to another study,
  // is newer than this program, is used by another process, or cannot be written.
  Store(const std::filesystem::path& file, const std::string& study);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] std::optional<StoredPoint> find(const std::string& id) const;
  [[nodiscard]] std::vector<std::string> ids() const;  // sorted

  // Notes the points as pending, with no result, where the store does not have them under this
  // hash. Their attempts begin at 0. All in one step.
  void announce(const std::vector<StoredPoint>& points);
  // One more attempt.
  void begin(const std::string& id);
  // Keeps how the last attempt ended.
  void finish(const StoredPoint& point);

 private:
  class Statement;

  void execute(const std::string& sql) const;
  void create(const std::string& study);
  void check(const std::string& study) const;
  [[nodiscard]] std::int64_t integer(const std::string& sql) const;
  [[noreturn]] void fail(const std::string& doing) const;

  std::filesystem::path file_;
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> database_;
};

}  // namespace orrery::sweep
