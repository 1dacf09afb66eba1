// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <optional>
#include <sstream>

#include "command/binary_form.h"
#include "command/text_form.h"
#include "tests/functional/matrix_cases.h"
#include "tests/functional/pim_cases.h"
#include "tests/functional/random_cases.h"

namespace orrery::testing {
namespace {

using Writer = void (*)(command::Source&, std::ostream&);
using Reader = std::unique_ptr<command::Source> (*)(std::unique_ptr<std::istream>, std::string,
                                                    std::optional<command::Extents>);

std::string written(Writer write, command::Source& source) {
  std::ostringstream out;
  write(source, out);
  return out.str();
}

// What lowering makes can be written, read with the machine's extents, and written again to the
// same bytes; and executing what was read gives the right results.
void expect_round_trip(Writer write, Reader read, RandomCase (*make)(std::uint64_t) = random_case) {
  int streams = 0;
  for (std::uint64_t seed = 0; seed < 160; ++seed) {
    const RandomCase one = make(seed);
    std::optional<Trial> trial;
    try {
      trial.emplace(one.graph, one.machine, one.mapping, seed);
    } catch (const base::UserError&) {
      continue;
    }
    ListSource original(trial->plan().header, trial->commands());
    const std::string first = written(write, original);
    const auto reader = [&] {
      return read(std::make_unique<std::istringstream>(first), "stream",
                  lowering::extents_of(trial->plan().machine));
    };
    const auto again = reader();
    ASSERT_EQ(written(write, *again), first) << "seed " << seed;
    const auto once_more = reader();
    EXPECT_EQ(trial->check(drain(*once_more), 0), "") << "seed " << seed;
    ++streams;
  }
  EXPECT_GT(streams, 120);
}

TEST(StreamForms, OfLoweredStreamsKeepEveryByteInText) {
  expect_round_trip(command::write_text, command::read_text);
}

TEST(StreamForms, OfLoweredStreamsKeepEveryByteInBinary) {
  expect_round_trip(command::write_binary, command::read_binary);
}

TEST(StreamForms, OfProductsInAllTypesKeepEveryByteInText) {
  expect_round_trip(command::write_text, command::read_text, matrix_case);
}

TEST(StreamForms, OfProductsInAllTypesKeepEveryByteInBinary) {
  expect_round_trip(command::write_binary, command::read_binary, matrix_case);
}

TEST(StreamForms, OfAttentionInBanksKeepEveryByteInText) {
  expect_round_trip(command::write_text, command::read_text, pim_attention_case);
}

TEST(StreamForms, OfAttentionInBanksKeepEveryByteInBinary) {
  expect_round_trip(command::write_binary, command::read_binary, pim_attention_case);
}

}  // namespace
}  // namespace orrery::testing
