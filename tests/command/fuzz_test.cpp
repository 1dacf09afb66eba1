// SPDX-License-Identifier: Apache-2.0
// Damaged streams end in the commands that they still tell, or in a message; never otherwise.
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/command/forms.h"
#include "tests/command/list_source.h"
#include "tests/command/random_stream.h"

namespace orrery::command {
namespace {

constexpr int kMutations = 20'000;

// Changes a few bytes, cuts, doubles or swaps pieces.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] std::string mutate(std::string bytes) {
    for (std::int64_t i = random_.integer(1, 3); i > 0 && !bytes.empty(); --i) {
      change(bytes);
    }
    return bytes;
  }

 private:
  [[nodiscard]] std::size_t place(const std::string& bytes) {
    return static_cast<std::size_t>(
        random_.integer(0, static_cast<std::int64_t>(bytes.size()) - 1));
  }
  // Bytes that mean something to one of the forms, or any.
  [[nodiscard]] char byte() {
    static const std::string kTelling("0123456789-:,=@[]{}()/\"\\# \n\x00\x7f\x80\xff", 29);
    return random_.integer(0, 1) == 0 ? static_cast<char>(random_.integer(0, 255))
                                      : kTelling[static_cast<std::size_t>(random_.integer(0, 28))];
  }

  void change(std::string& bytes) {
    const std::size_t at = place(bytes);
    const auto length = static_cast<std::size_t>(random_.integer(1, 12));
    switch (random_.integer(0, 6)) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        bytes.erase(at, length);
        break;
      case 2:
        bytes.insert(at, bytes.substr(place(bytes), length));
        break;
      case 3:
        bytes.insert(at, length, byte());
        break;
      case 4:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.integer(0, 7)));
        break;
      default:
        bytes[at] = byte();
    }
  }

  base::Random random_;
};

Extents extents_of(const StreamHeader& header) {
  Extents extents;
  extents.scratchpad = 1LL << 57;
  for (const std::string& tier : header.tiers) {
    extents.tiers[tier] = 1LL << 57;
  }
  for (const std::string& engine : header.engines) {
    extents.accumulators[engine] = 1LL << 57;
  }
  return extents;
}

struct Counts {
  int sound = 0;
  int refused = 0;
};

Counts read_damaged(const Form& form) {
  RandomStream random(11);
  const StreamHeader header = random.header();
  ListSource source(header, random.commands(header, 12));
  const std::string bytes = form.bytes(source);
  const Extents extents = extents_of(header);
  Mutator mutator(12);
  Counts counts;
  for (int i = 0; i < kMutations; ++i) {
    const std::string damaged = mutator.mutate(bytes);
    try {
      const auto read = i % 2 == 0 ? form.open(damaged) : form.open(damaged, extents);
      const StreamHeader found = read->header();
      ListSource again(found, drain(*read));
      const std::string written = form.bytes(again);
      // The text form has many ways to say the same, the binary form has one.
      if (form.read == read_binary && i % 2 == 0) {
        EXPECT_EQ(written, damaged) << "mutation " << i;
      } else {
        const auto reread = form.open(written);
        EXPECT_EQ(form.bytes(*reread), written) << "mutation " << i;
      }
      ++counts.sound;
    } catch (const base::UserError& error) {
      EXPECT_STRNE(error.what(), "");
      ++counts.refused;
    }
  }
  return counts;
}

TEST(DamagedText, IsReadOrRefused) {
  const Counts counts = read_damaged(kTextForm);
  EXPECT_EQ(counts.sound + counts.refused, kMutations);
  EXPECT_GT(counts.sound, kMutations / 100);
  EXPECT_GT(counts.refused, kMutations / 2);
}

TEST(DamagedBinary, IsReadOrRefused) {
  const Counts counts = read_damaged(kBinaryForm);
  EXPECT_EQ(counts.sound + counts.refused, kMutations);
  EXPECT_GT(counts.sound, kMutations / 100);
  EXPECT_GT(counts.refused, kMutations / 2);
}

TEST(DamagedBinary, IsRefusedWhereverItIsCut) {
  RandomStream random(13);
  const StreamHeader header = random.header();
  ListSource source(header, random.commands(header, 10));
  const std::string bytes = kBinaryForm.bytes(source);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    try {
      const auto read = kBinaryForm.open(bytes.substr(0, length));
      (void)drain(*read);
      ADD_FAILURE() << length << " of " << bytes.size() << " bytes were taken for a stream";
    } catch (const base::UserError& error) {
      const std::string place = "at byte " + std::to_string(length);
      EXPECT_NE(std::string(error.what()).find(place), std::string::npos) << error.what();
    }
  }
}

TEST(RandomBytes, AreRefused) {
  base::Random random(17);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = i % 2 == 0 ? "" : std::string(kBinaryMagic) + "\x01";
    for (std::int64_t length = random.integer(0, 200); length > 0; --length) {
      bytes += static_cast<char>(random.integer(0, 255));
    }
    for (const Form* form : {&kTextForm, &kBinaryForm}) {
      EXPECT_THROW((void)drain(*form->open(bytes)), base::UserError);
    }
  }
}

}  // namespace
}  // namespace orrery::command
