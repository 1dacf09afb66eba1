// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <map>
#include <vector>

#include "command/command.h"
#include "command/view.h"

namespace orrery::lowering {

// For each engine the newest of its commands: engines finish in the order of the stream, so the
// newest stands for all before it.
class Marks {
 public:
  void add(const command::Dependency& mark);
  void add(const Marks& other);
  void clear() { marks_.clear(); }
  [[nodiscard]] auto begin() const { return marks_.begin(); }
  [[nodiscard]] auto end() const { return marks_.end(); }

 private:
  boost::container::small_vector<command::Dependency, 4> marks_;  // by engine, ascending
};

// Who last wrote and who has since read each byte of one memory. A reader waits for the last
// writer, a writer for the last writer and for all readers since.
class IntervalHazards {
 public:
  // `mark` reads (writes) the bytes; what it must wait for is added to `after`.
  void read(const command::Interval& bytes, const command::Dependency& mark, Marks& after);
  void write(const command::Interval& bytes, const command::Dependency& mark, Marks& after);

  // Pieces at hand: bounded by the memory's size, not by the stream's length.
  [[nodiscard]] std::size_t pieces() const { return pieces_.size(); }

 private:
  struct Piece {
    std::int64_t end = 0;
    command::Dependency writer;
    Marks readers;
  };
  // Makes `position` the beginning of a piece if it lies inside one.
  void split_at(std::int64_t position);

  std::map<std::int64_t, Piece> pieces_;  // by first byte, not overlapping
};

// The same for a tensor in a tier, at the grain of at most kBlocks equal blocks. Within one tensor
// no byte is written twice and none is written after it was read, so that writers need to wait only
// for those who used the memory before the tensor.
class TensorHazards {
 public:
  static constexpr std::int64_t kBlocks = 256;

  TensorHazards() = default;
  // `blockers`: the users of what lay there before.
  TensorHazards(std::int64_t bytes, Marks blockers);

  void read(const command::Interval& bytes, const command::Dependency& mark, Marks& after);
  void write(const command::Interval& bytes, const command::Dependency& mark, Marks& after);

  // `mark` uses bytes whose order among themselves somebody else keeps.
  void use(const command::Dependency& mark, Marks& after);

  // Everyone who has used the tensor.
  [[nodiscard]] const Marks& users() const { return users_; }
  // The tensor is read no more: keeps only its users.
  void retire() { writers_ = {}; }

 private:
  std::int64_t block_bytes_ = 1;
  std::vector<Marks> writers_;  // by block
  Marks blockers_;
  Marks users_;
};

}  // namespace orrery::lowering
