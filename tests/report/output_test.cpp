// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "report/hash.h"
#include "report/output_file.h"
#include "report/output_folder.h"

namespace orrery::report {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Output : public testing::Test {
 protected:
  Output() : root_(fs::path(testing::TempDir()) / unique_name()) {
    fs::remove_all(root_);
    fs::create_directory(root_);
  }
  ~Output() override { fs::remove_all(root_); }

  static std::string unique_name() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    return std::string("orrery_output_") + info->name();
  }

  static std::vector<std::string> files_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  static std::string content(const fs::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  static std::string error_of(const fs::path& folder) {
    try {
      OutputFolder output(folder);
    } catch (const base::UserError& error) {
      return error.what();
    }
    return "";
  }

  fs::path root_;
};

TEST_F(Output, AppearsOnlyWhenItIsPublished) {
  OutputFolder output(root_ / "new");
  output.write("a.txt", "1");
  EXPECT_FALSE(fs::exists(root_ / "new" / "a.txt"));
  output.publish();
  EXPECT_THAT(files_in(root_ / "new"), ElementsAre("a.txt"));
  EXPECT_EQ(content(root_ / "new" / "a.txt"), "1");
}

TEST_F(Output, LeavesNothingBehindWithoutPublishing) {
  {
    OutputFolder output(root_ / "new");
    output.write("a.txt", "1");
  }
  EXPECT_THAT(files_in(root_), IsEmpty());
}

TEST_F(Output, ReplacesFilesOfAnExistingFolderAndLeavesOthersAlone) {
  std::ofstream(root_ / "a.txt") << "old";
  std::ofstream(root_ / "stale.txt") << "old";
  std::ofstream(root_ / "notes.txt") << "mine";
  OutputFolder output(root_);
  output.write("a.txt", "new");
  output.remove("stale.txt");
  EXPECT_EQ(content(root_ / "a.txt"), "old");
  output.publish();
  EXPECT_THAT(files_in(root_), ElementsAre("a.txt", "notes.txt"));
  EXPECT_EQ(content(root_ / "a.txt"), "new");
}

TEST_F(Output, AcceptsATrailingSlash) {
  OutputFolder output((root_ / "new").string() + "/");
  output.publish();
  EXPECT_TRUE(fs::is_directory(root_ / "new"));
}

TEST_F(Output, NamesTheFolderThatCannotBeMade) {
  std::ofstream(root_ / "file") << "x";
  EXPECT_THAT(error_of(root_ / "file"), HasSubstr("file: is a file; expected a folder"));
  EXPECT_THAT(error_of(root_ / "no" / "such"), HasSubstr("there is no folder '"));
}

TEST_F(Output, FileAppearsOnlyWhenItIsPublished) {
  std::ofstream(root_ / "a.txt") << "old";
  {
    OutputFile dropped(root_ / "a.txt");
    dropped.stream() << "half";
  }
  EXPECT_EQ(content(root_ / "a.txt"), "old");
  OutputFile file(root_ / "a.txt");
  file.stream() << "new";
  file.publish();
  EXPECT_EQ(content(root_ / "a.txt"), "new");
  EXPECT_THAT(files_in(root_), ElementsAre("a.txt"));
}

TEST_F(Output, FileSaysSoWhenTheDiskIsFull) {
  OutputFile file("/dev/full");
  file.stream() << std::string(1 << 20, 'x');
  EXPECT_THROW(file.publish(), base::UserError);
  EXPECT_TRUE(fs::is_character_file("/dev/full"));  // written in place, not replaced
}

TEST(Sha256, EqualsTheExampleOfTheStandard) {
  // FIPS 180-4, example "abc".
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_F(Output, HashOfAFileIsThatOfItsContent) {
  const std::string text(200'000, 'y');  // more than one block of 65,536
  std::ofstream(root_ / "long.txt") << text;
  EXPECT_EQ(sha256_of_file(root_ / "long.txt"), sha256(text));
  EXPECT_THROW((void)sha256_of_file(root_ / "absent.txt"), base::UserError);
}

}  // namespace
}  // namespace orrery::report
