// SPDX-License-Identifier: Apache-2.0
#include "lowering/layer/hazard_tracker.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace orrery::lowering {

void Marks::add(const command::Dependency& mark) {
  auto place =
      std::lower_bound(marks_.begin(), marks_.end(), mark.engine,
                       [](const command::Dependency& a, auto engine) { return a.engine < engine; });
  if (place == marks_.end() || place->engine != mark.engine) {
    marks_.insert(place, mark);
  } else {
    place->id = std::max(place->id, mark.id);
  }
}

void Marks::add(const Marks& other) {
  for (const command::Dependency& mark : other) {
    add(mark);
  }
}

void IntervalHazards::split_at(std::int64_t position) {
  auto piece = pieces_.upper_bound(position);
  if (piece == pieces_.begin()) {
    return;
  }
  --piece;
  if (piece->first == position || piece->second.end <= position) {
    return;
  }
  Piece tail = piece->second;
  piece->second.end = position;
  pieces_.emplace_hint(std::next(piece), position, std::move(tail));
}

void IntervalHazards::read(const command::Interval& bytes, const command::Dependency& mark,
                           Marks& after) {
  if (bytes.empty()) {
    return;
  }
  split_at(bytes.begin);
  split_at(bytes.end);
  for (auto piece = pieces_.lower_bound(bytes.begin);
       piece != pieces_.end() && piece->first < bytes.end; ++piece) {
    if (piece->second.writer.id != mark.id) {  // a command that works in place
      after.add(piece->second.writer);
    }
    piece->second.readers.add(mark);
  }
}

void IntervalHazards::write(const command::Interval& bytes, const command::Dependency& mark,
                            Marks& after) {
  if (bytes.empty()) {
    return;
  }
  split_at(bytes.begin);
  split_at(bytes.end);
  auto piece = pieces_.lower_bound(bytes.begin);
  while (piece != pieces_.end() && piece->first < bytes.end) {
    after.add(piece->second.writer);
    after.add(piece->second.readers);
    piece = pieces_.erase(piece);
  }
  pieces_.emplace_hint(piece, bytes.begin, Piece{bytes.end, mark, {}});
}

TensorHazards::TensorHazards(std::int64_t bytes, Marks blockers)
    : block_bytes_((bytes + kBlocks - 1) / kBlocks),
      writers_(static_cast<std::size_t>((bytes + block_bytes_ - 1) / block_bytes_)),
      blockers_(std::move(blockers)) {}

void TensorHazards::read(const command::Interval& bytes, const command::Dependency& mark,
                         Marks& after) {
  users_.add(mark);
  if (writers_.empty() || bytes.empty()) {
    return;
  }
  const std::int64_t last = (bytes.end - 1) / block_bytes_;
  for (std::int64_t block = bytes.begin / block_bytes_; block <= last; ++block) {
    after.add(writers_.at(static_cast<std::size_t>(block)));
  }
}

void TensorHazards::write(const command::Interval& bytes, const command::Dependency& mark,
                          Marks& after) {
  users_.add(mark);
  after.add(blockers_);
  if (bytes.empty()) {
    return;
  }
  const std::int64_t last = (bytes.end - 1) / block_bytes_;
  for (std::int64_t block = bytes.begin / block_bytes_; block <= last; ++block) {
    writers_.at(static_cast<std::size_t>(block)).add(mark);
  }
}

void TensorHazards::use(const command::Dependency& mark, Marks& after) {
  users_.add(mark);
  after.add(blockers_);
}

}  // namespace orrery::lowering
