// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "command/command.h"

namespace orrery::command {

// Streams that keep every rule and otherwise go to the edges of what the forms can say.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] StreamHeader header();
  // Commands for that header, every kind among them.
  [[nodiscard]] std::vector<Command> commands(const StreamHeader& header, std::size_t count);

 private:
  using Digits = boost::container::static_vector<Digit, 4>;

  [[nodiscard]] bool chance(int percent) { return random_.integer(1, 100) <= percent; }
  template <class T>
  [[nodiscard]] const T& pick(const std::vector<T>& values) {
    return values[static_cast<std::size_t>(
        random_.integer(0, static_cast<std::int64_t>(values.size()) - 1))];
  }
  [[nodiscard]] std::string name();
  [[nodiscard]] std::vector<std::string> names(std::int64_t most);
  [[nodiscard]] std::int64_t size();
  [[nodiscard]] double parameter();
  [[nodiscard]] Digits digits(std::int64_t count, ElementType type);
  [[nodiscard]] View view(const Space& space, ElementType type, std::int64_t rows,
                          std::int64_t columns);
  [[nodiscard]] Space on_chip(const StreamHeader& header);
  [[nodiscard]] Move move(const StreamHeader& header);
  void set_window(ComputeTile& tile);
  [[nodiscard]] ComputeTile tile(EngineIndex engine);
  [[nodiscard]] VectorCommand vector(const StreamHeader& header);
  [[nodiscard]] std::map<std::size_t, std::uint64_t> places_to_meet(const StreamHeader& header,
                                                                    std::size_t count);

  base::Random random_;
};

// Whether every field is the same, numbers bit by bit.
[[nodiscard]] bool same(const StreamHeader& left, const StreamHeader& right);
[[nodiscard]] bool same(const Command& left, const Command& right);

}  // namespace orrery::command
