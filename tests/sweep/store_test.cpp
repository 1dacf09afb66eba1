// SPDX-License-Identifier: Apache-2.0
#include "sweep/store.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "sweep/compression.h"
#include "tests/sweep/study_file.h"

namespace orrery::sweep {
namespace {

namespace fs = std::filesystem;

StoredPoint line(const std::string& id, const std::string& hash) {
  StoredPoint point;
  point.id = id;
  point.hash = hash;
  point.parameters = "{}";
  return point;
}

StoredPoint done(const std::string& id, const std::string& result) {
  StoredPoint point;
  point.id = id;
  point.status = PointStatus::kDone;
  point.result = result;
  point.host_seconds = 0.5;
  return point;
}

std::string mistake(const std::function<void()>& step) {
  try {
    step();
  } catch (const base::UserError& error) {
    return error.diagnostics().front().message;
  }
  return "";
}

void run_sql(const fs::path& file, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
}

TEST(Store, KeepsWhatWasFinishedWhenItIsOpenedAgain) {
  const fs::path file = fresh_folder() / "store.sqlite";
  const std::string result(100'000, 'x');
  {
    Store store(file, "example");
    store.announce({line("a", "1"), line("b", "2")});
    store.begin("a");
    store.finish(done("a", result));
  }
  const Store store(file, "example");
  const StoredPoint a = store.find("a").value();
  EXPECT_EQ(a.status, PointStatus::kDone);
  EXPECT_EQ(a.result, result);
  EXPECT_EQ(a.hash, "1");
  EXPECT_EQ(a.attempts, 1);
  EXPECT_EQ(a.host_seconds, 0.5);
  EXPECT_EQ(store.find("b").value().status, PointStatus::kPending);
  EXPECT_EQ(store.find("b").value().attempts, 0);
  EXPECT_FALSE(store.find("c").has_value());
  EXPECT_THAT(store.ids(), testing::ElementsAre("a", "b"));
  EXPECT_LT(fs::file_size(file), 60'000U);  // results are compressed
}

TEST(Store, ForgetsAResultOnlyWhenItsHashChanges) {
  const fs::path file = fresh_folder() / "store.sqlite";
  Store store(file, "example");
  store.announce({line("a", "1"), line("b", "2")});
  for (const std::string id : {"a", "b"}) {
    store.begin(id);
    store.finish(done(id, "result"));
  }
  store.announce({line("a", "1"), line("b", "3")});
  EXPECT_EQ(store.find("a").value().status, PointStatus::kDone);
  EXPECT_EQ(store.find("a").value().attempts, 1);
  EXPECT_EQ(store.find("b").value().status, PointStatus::kPending);
  EXPECT_EQ(store.find("b").value().result, "");
  EXPECT_EQ(store.find("b").value().attempts, 0);
}

TEST(Store, CountsAttemptsAndKeepsErrors) {
  const fs::path file = fresh_folder() / "store.sqlite";
  Store store(file, "example");
  store.announce({line("a", "1")});
  store.begin("a");
  store.begin("a");
  StoredPoint failed = line("a", "");
  failed.status = PointStatus::kFailed;
  failed.error = "it's \"quoted\"; DROP TABLE point";
  store.finish(failed);
  EXPECT_EQ(store.find("a").value().attempts, 2);
  EXPECT_EQ(store.find("a").value().status, PointStatus::kFailed);
  EXPECT_EQ(store.find("a").value().error, failed.error);
}

TEST(Store, HasOneOwnerAtATime) {
  const fs::path file = fresh_folder() / "store.sqlite";
  const Store store(file, "example");
  EXPECT_EQ(mistake([&] { Store second(file, "example"); }), "another process is using this store");
}

TEST(Store, RefusesWhatIsNotItsOwn) {
  const fs::path folder = fresh_folder();
  {
    Store store(folder / "a.sqlite", "example");
  }
  EXPECT_EQ(mistake([&] { Store store(folder / "a.sqlite", "other"); }),
            "this is the store of 'example'");
  run_sql(folder / "a.sqlite", "PRAGMA user_version = 2");
  EXPECT_EQ(mistake([&] { Store store(folder / "a.sqlite", "example"); }),
            "this store has version 2");
  run_sql(folder / "b.sqlite", "CREATE TABLE photos (name TEXT)");
  EXPECT_EQ(mistake([&] { Store store(folder / "b.sqlite", "example"); }),
            "this database is no store of Orrery");
  std::ofstream(folder / "c.sqlite") << std::string(5000, 'x');
  EXPECT_EQ(mistake([&] { Store store(folder / "c.sqlite", "example"); }),
            "this is no store, or it is damaged");
  EXPECT_EQ(mistake([&] { Store store(folder / "absent" / "d.sqlite", "example"); }),
            "cannot be opened: unable to open database file");
}

TEST(Compression, GivesBackWhatItWasGiven) {
  for (const std::string& text : {std::string(), std::string("a"), std::string(300'000, '\0')}) {
    EXPECT_EQ(decompress(compress(text)), text);
  }
  EXPECT_THROW((void)decompress("no gzip"), base::UserError);
}

}  // namespace
}  // namespace orrery::sweep
