// SPDX-License-Identifier: Apache-2.0
#include "report/base64.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace orrery::report {
namespace {

TEST(Base64, WritesTheVectorsOfTheStandard) {
  // RFC 4648, section 10.
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, ReadsBackBytesOfEveryValueAndLength) {
  std::string bytes;
  for (int i = 0; i < 512; ++i) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes) << i;
    bytes += static_cast<char>(i * 7);
  }
  // Beyond one block of 3 MiB.
  const std::string large(4'000'001, '\0');
  EXPECT_EQ(from_base64(to_base64(large)), large);
}

TEST(Base64, RefusesWhatItDoesNotWrite) {
  EXPECT_THROW((void)from_base64("Zg="), base::InternalError);
  EXPECT_THROW((void)from_base64("Z!=="), base::InternalError);
}

}  // namespace
}  // namespace orrery::report
