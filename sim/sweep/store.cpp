// SPDX-License-Identifier: Apache-2.0
#include "sweep/store.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/error.h"
#include "sweep/compression.h"

namespace orrery::sweep {
namespace {

// "Orry": tells our files from other databases.
constexpr std::int64_t kApplication = 0x4f727279;
constexpr std::int64_t kVersion = 1;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& message,
                         const std::string& expected) {
  throw base::UserError(base::Diagnostic{{file.string(), 0, 0}, "", message, expected, ""});
}

}  // namespace

// A prepared statement whose places are filled in order.
class Store::Statement {
 public:
  Statement(const Store& store, const char* sql) : store_(store) {
    if (sqlite3_prepare_v2(store.database_.get(), sql, -1, &statement_, nullptr) != SQLITE_OK) {
      store.fail("cannot be read");
    }
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(const std::string& text) {
    return bound(sqlite3_bind_text64(statement_, ++place_, text.data(), text.size(),
                                     SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  Statement& bind_blob(const std::string& bytes) {
    return bound(
        sqlite3_bind_blob64(statement_, ++place_, bytes.data(), bytes.size(), SQLITE_TRANSIENT));
  }
  Statement& bind(double number) {
    return bound(sqlite3_bind_double(statement_, ++place_, number));
  }

  // The next row; false behind the last.
  [[nodiscard]] bool step() {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
      store_.fail(sqlite3_stmt_readonly(statement_) != 0 ? "cannot be read" : "cannot be written");
    }
    return code == SQLITE_ROW;
  }
  void run() { (void)step(); }

  [[nodiscard]] std::string text(int column) const {
    const void* bytes = sqlite3_column_blob(statement_, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return size == 0 ? std::string() : std::string(static_cast<const char*>(bytes), size);
  }
  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] double real(int column) const { return sqlite3_column_double(statement_, column); }

 private:
  Statement& bound(int code) {
    base::require_invariant(code == SQLITE_OK, "statements have a place for each value");
    return *this;
  }

  const Store& store_;
  sqlite3_stmt* statement_ = nullptr;
  int place_ = 0;
};

Store::Store(const std::filesystem::path& file, const std::string& study)
    : file_(file), database_(nullptr, sqlite3_close) {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &opened,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, nullptr);
  database_.reset(opened);
  if (code != SQLITE_OK) {
    fail("cannot be opened");
  }
  if (sqlite3_db_readonly(database_.get(), "main") == 1) {
    refuse(file_, "this store is read-only", "a file that can be written");
  }
  // One process owns the file until it ends; no shared memory is needed then.
  execute("PRAGMA locking_mode = EXCLUSIVE");
  if (integer("SELECT count(*) FROM sqlite_schema") == 0 && integer("PRAGMA application_id") == 0) {
    create(study);
  } else {
    check(study);
  }
  execute("PRAGMA journal_mode = WAL");
  execute("PRAGMA synchronous = FULL");
  // Takes the lock now, not at the first result.
  execute("BEGIN IMMEDIATE");
  execute("COMMIT");
}

Store::~Store() = default;

void Store::fail(const std::string& doing) const {
  const int code = sqlite3_errcode(database_.get()) & 0xff;
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
    refuse(file_, "another process is using this store", "one at a time");
  }
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
    refuse(file_, "this is no store, or it is damaged", "a store, or another folder");
  }
  refuse(file_, doing + ": " + sqlite3_errmsg(database_.get()), "");
}

void Store::execute(const std::string& sql) const {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail("cannot be written");
  }
}

std::int64_t Store::integer(const std::string& sql) const {
  Statement statement(*this, sql.c_str());
  return statement.step() ? statement.integer(0) : 0;
}

void Store::create(const std::string& study) {
  execute(
      "BEGIN IMMEDIATE;"
      "CREATE TABLE study (name TEXT NOT NULL);"
      "CREATE TABLE point ("
      "  id TEXT PRIMARY KEY NOT NULL,"
      "  hash TEXT NOT NULL,"
      "  parameters TEXT NOT NULL,"
      "  status TEXT NOT NULL,"
      "  error TEXT NOT NULL,"
      "  result BLOB NOT NULL,"
      "  attempts INTEGER NOT NULL,"
      "  host_seconds REAL NOT NULL"
      ")");
  Statement(*this, "INSERT INTO study VALUES (?)").bind(study).run();
  execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT", kApplication,
                      kVersion));
}

void Store::check(const std::string& study) const {
  if (integer("PRAGMA application_id") != kApplication) {
    refuse(file_, "this database is no store of Orrery", "a store, or another folder");
  }
  const std::int64_t version = integer("PRAGMA user_version");
  if (version != kVersion) {
    refuse(file_, fmt::format("this store has version {}", version),
           fmt::format("version {}: it was written by another release", kVersion));
  }
  Statement statement(*this, "SELECT name FROM study");
  const std::string owner = statement.step() ? statement.text(0) : std::string();
  if (owner != study) {
    refuse(file_, "this is the store of '" + owner + "'",
           "that of '" + study + "', or another folder");
  }
}

std::optional<StoredPoint> Store::find(const std::string& id) const {
  Statement statement(*this,
                      "SELECT hash, parameters, status, error, result, attempts, host_seconds "
                      "FROM point WHERE id = ?");
  if (!statement.bind(id).step()) {
    return std::nullopt;
  }
  const std::string result = statement.text(4);
  return StoredPoint{id,
                     statement.text(0),
                     statement.text(1),
                     status_of(statement.text(2)),
                     statement.text(3),
                     result.empty() ? std::string() : decompress(result),
                     statement.integer(5),
                     statement.real(6)};
}

std::vector<std::string> Store::ids() const {
  Statement statement(*this, "SELECT id FROM point ORDER BY id");
  std::vector<std::string> ids;
  while (statement.step()) {
    ids.push_back(statement.text(0));
  }
  return ids;
}

void Store::announce(const std::vector<StoredPoint>& points) {
  execute("BEGIN IMMEDIATE");
  for (const StoredPoint& point : points) {
    Statement(*this,
              "INSERT INTO point VALUES (?1, ?2, ?3, 'pending', '', x'', 0, 0.0) "
              "ON CONFLICT (id) DO UPDATE SET hash = ?2, parameters = ?3, status = 'pending', "
              "error = '', result = x'', attempts = 0 WHERE hash <> ?2")
        .bind(point.id)
        .bind(point.hash)
        .bind(point.parameters)
        .run();
  }
  execute("COMMIT");
}

void Store::begin(const std::string& id) {
  Statement(*this,
            "UPDATE point SET attempts = attempts + 1, status = 'pending', error = '', "
            "result = x'' WHERE id = ?")
      .bind(id)
      .run();
}

void Store::finish(const StoredPoint& point) {
  Statement(*this,
            "UPDATE point SET status = ?, error = ?, result = ?, host_seconds = ? WHERE id = ?")
      .bind(status_name(point.status))
      .bind(point.error)
      .bind_blob(point.result.empty() ? std::string() : compress(point.result))
      .bind(point.host_seconds)
      .bind(point.id)
      .run();
}

}  // namespace orrery::sweep
