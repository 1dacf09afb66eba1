// SPDX-License-Identifier: Apache-2.0
#include "memory/cache_tier.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/integer.h"

namespace orrery::memory {

using base::Cycle;

namespace {

// Lines of one request to the memory: enough for a row of a few bursts, few enough that the first
// of them does not wait long.
constexpr std::int64_t kLongestRun = 16;

// Modulo the base: numbers that are multiples of it apart differ, too.
std::uint64_t sum_of_digits(std::uint64_t number, std::uint64_t base) {
  std::uint64_t sum = 0;
  for (; base > 1 && number > 0; number /= base) {
    sum += number % base;
  }
  return base > 1 ? sum % base : 0;
}

}  // namespace

CacheTier::CacheTier(const sc_core::sc_module_name& name, const CacheTierConfig& config,
                     std::unique_ptr<Tier> memory)
    : Tier(name, memory->capacity()),
      config_(config),
      hit_latency_(config.clock.cycles_covering(config.hit_latency)),
      memory_(std::move(memory)),
      directory_(config.sets, config.ways),
      free_(static_cast<std::size_t>(config.slices), 0) {
  base::require_invariant(config.request_latency >= 1 && config.response_latency >= 1,
                          "requests and answers take time", this->name());
  base::require_invariant(capacity() % config.line_bytes == 0, "a memory has whole lines",
                          this->name());
  base::require_invariant(
      !config.hashed || (config.piece_bytes % config.line_bytes == 0 &&
                         capacity() % (config.channels * config.piece_bytes) == 0),
      "pieces have whole lines, and channels as many pieces", this->name());
  SC_METHOD(serve);
  sensitive << due_;
  dont_initialize();
}

void CacheTier::accept(const Transfer& transfer, const Request& request) {
  const Cycle cycle = config_.clock.cycle_at_or_after(now() + config_.request_latency);
  arrivals_.push(cycle, {coalesced(transfer), request});
  wake_at(cycle);
}

// The memory's answers count from the next edge behind them on, so that it does not matter which
// process runs first at an edge.
void CacheTier::transfer_done(std::uint64_t ticket) {
  const auto found = under_way_.find(ticket);
  if (found == under_way_.end()) {
    --lines_going_;
    return;
  }
  const Cycle cycle = config_.clock.cycle_at_or_after(now() + 1);
  fills_.push(cycle, found->second);
  under_way_.erase(found);
  wake_at(cycle);
}

void CacheTier::wake_at(Cycle cycle) {
  due_.notify(
      sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(config_.clock.edge(cycle) - now())));
}

void CacheTier::serve() {
  const Cycle cycle = config_.clock.cycle_at_or_after(now());
  const auto is_due = [cycle](const auto& queue) {
    return !queue.empty() && queue.cycle() <= cycle;
  };
  while (is_due(fills_)) {
    fill(fills_.pop(), cycle);
  }
  while (is_due(arrivals_)) {
    receive(arrivals_.cycle());
  }
  while (is_due(submissions_)) {
    const Submission submission = submissions_.pop();
    submit_to_memory(submission.run, submission.is_write);
  }
  const auto wake_for = [this](const auto& queue) {
    if (!queue.empty()) {
      wake_at(queue.cycle());
    }
  };
  wake_for(fills_);
  wake_for(arrivals_);
  wake_for(submissions_);
}

void CacheTier::receive(Cycle due) {
  arrived_.clear();
  while (!arrivals_.empty() && arrivals_.cycle() == due) {
    arrived_.push_back(arrivals_.pop());
  }
  std::sort(arrived_.begin(), arrived_.end(), [](const Arrival& a, const Arrival& b) {
    return std::tie(a.request.initiator, a.request.sequence) <
           std::tie(b.request.initiator, b.request.sequence);
  });
  for (const Arrival& arrival : arrived_) {
    visit(arrival, due);
  }
}

void CacheTier::visit(const Arrival& arrival, Cycle arrived) {
  const Transfer& transfer = arrival.transfer;
  const std::uint64_t key = next_key_++;
  Open open{arrival.request, transfer.layer, 0, arrived};
  const auto line_bytes = static_cast<std::uint64_t>(config_.line_bytes);
  for (std::int64_t k = 0; k < transfer.outer[2].count; ++k) {
    for (std::int64_t j = 0; j < transfer.outer[1].count; ++j) {
      for (std::int64_t i = 0; i < transfer.outer[0].count; ++i) {
        std::uint64_t begin =
            transfer.address +
            static_cast<std::uint64_t>(i * transfer.outer[0].stride + j * transfer.outer[1].stride +
                                       k * transfer.outer[2].stride);
        const std::uint64_t end = begin + static_cast<std::uint64_t>(transfer.row_bytes);
        while (begin < end) {
          const std::uint64_t line = begin / line_bytes;
          const std::uint64_t next = std::min(end, (line + 1) * line_bytes);
          access(line, static_cast<std::int64_t>(next - begin), transfer.is_write, key, open,
                 arrived);
          begin = next;
        }
      }
    }
  }
  request_run();
  if (open.missing == 0) {
    answer(open);
  } else {
    open_.emplace(key, open);
  }
}

void CacheTier::access(std::uint64_t line, std::int64_t bytes, bool is_write, std::uint64_t key,
                       Open& open, Cycle arrived) {
  Cycle& free = free_[next_slice(line)];
  const Cycle start = std::max(arrived, free);
  free = start + base::divide_up(bytes, config_.slice_bytes);
  CacheStatistics& statistics = statistics_of(open.layer);
  (is_write ? statistics.bytes_written : statistics.bytes_read) +=
      static_cast<std::uint64_t>(bytes);
  const auto wait = [&](Miss& miss) {
    if (is_write) {
      miss.dirty = true;
    } else {
      miss.waiting.push_back(key);
      ++open.missing;
    }
  };
  if (directory_.touch(line, is_write)) {
    ++statistics.hits;
  } else if (const auto miss = misses_.find(line); miss != misses_.end()) {
    ++statistics.merged;
    wait(miss->second);
    if (!is_write) {
      return;
    }
  } else if (is_write && bytes == config_.line_bytes) {
    ++statistics.allocated;
    insert(line, true, open.layer, start);
  } else {
    ++statistics.misses;
    wait(misses_[line]);
    request_line(line, open.layer, start);
    if (!is_write) {
      return;
    }
  }
  open.ready = std::max(open.ready, free + hit_latency_);
}

void CacheTier::request_line(std::uint64_t line, std::uint32_t layer, Cycle start) {
  const auto next = static_cast<std::uint64_t>(run_.lines);
  const bool continues = run_.lines > 0 && run_.lines < kLongestRun && line == run_.first + next &&
                         place_of(line) == place_of(run_.first) + next;
  if (!continues) {
    request_run();
    run_ = {line, 0, layer, start};
  }
  ++run_.lines;
  run_.start = std::max(run_.start, start);
}

void CacheTier::request_run() {
  if (run_.lines > 0) {
    submit_later(run_, false);
    run_ = {};
  }
}

void CacheTier::submit_later(const Run& run, bool is_write) {
  submissions_.push(run.start, {run, is_write});
  wake_at(run.start);
}

void CacheTier::submit_to_memory(const Run& run, bool is_write) {
  const std::uint64_t ticket = next_ticket_++;
  if (!is_write) {
    under_way_.emplace(ticket, run);
  }
  Transfer transfer;
  transfer.address = place_of(run.first) * static_cast<std::uint64_t>(config_.line_bytes);
  transfer.row_bytes = run.lines * config_.line_bytes;
  transfer.is_write = is_write;
  transfer.layer = run.layer;
  memory_->submit(transfer, ticket, *this);
}

void CacheTier::fill(const Run& run, Cycle cycle) {
  for (std::uint64_t line = run.first; line < run.first + static_cast<std::uint64_t>(run.lines);
       ++line) {
    const auto found = misses_.find(line);
    const Miss miss = std::move(found->second);
    misses_.erase(found);
    insert(line, miss.dirty, run.layer, cycle);
    for (const std::uint64_t key : miss.waiting) {
      Open& open = open_.at(key);
      open.ready = std::max(open.ready, cycle);
      if (--open.missing == 0) {
        answer(open);
        open_.erase(key);
      }
    }
  }
}

void CacheTier::insert(std::uint64_t line, bool dirty, std::uint32_t layer, Cycle cycle) {
  const auto victim = directory_.insert(line, dirty);
  if (victim && victim->dirty) {
    ++statistics_of(layer).write_backs;
    ++lines_going_;
    submit_later({victim->line, 1, layer, cycle}, true);
  }
}

void CacheTier::answer(const Open& open) {
  answer_at(config_.clock.edge(open.ready) + config_.response_latency, open.request);
}

std::size_t CacheTier::slice_of(std::uint64_t line) const {
  return config_.hashed ? sum_of_digits(line, free_.size()) : line % free_.size();
}

// Within a block of as many lines as there are slices the last digit alone counts up.
std::size_t CacheTier::next_slice(std::uint64_t line) {
  if (visited_.left > 0 && line == visited_.line + 1) {
    visited_.slice = visited_.slice + 1 == free_.size() ? 0 : visited_.slice + 1;
    --visited_.left;
  } else {
    visited_.slice = slice_of(line);
    visited_.left = free_.size() - 1 - line % free_.size();
  }
  visited_.line = line;
  return visited_.slice;
}

// Piece p of the channels' round r is on channel (p + the digits of r) modulo the channels.
std::uint64_t CacheTier::place_of(std::uint64_t line) const {
  if (!config_.hashed) {
    return line;
  }
  const auto lines_of_piece = static_cast<std::uint64_t>(config_.piece_bytes / config_.line_bytes);
  const auto channels = static_cast<std::uint64_t>(config_.channels);
  const std::uint64_t piece = line / lines_of_piece;
  const std::uint64_t round = piece / channels;
  const std::uint64_t channel = (piece + sum_of_digits(round, channels)) % channels;
  return (round * channels + channel) * lines_of_piece + line % lines_of_piece;
}

CacheStatistics& CacheTier::statistics_of(std::uint32_t layer) {
  if (layers_.size() <= layer) {
    layers_.resize(layer + 1);
  }
  return layers_[layer];
}

TierStatistics CacheTier::statistics() const {
  TierStatistics result = memory_->statistics();
  CacheAccount& account = result.cache.emplace();
  account.line_bytes = config_.line_bytes;
  account.peak_bytes_per_second = static_cast<double>(config_.slices * config_.slice_bytes) *
                                  static_cast<double>(base::kFemtosecondsPerSecond) /
                                  base::to_double(config_.clock.period());
  account.layers = layers_;
  account.lines_coming = misses_.size();
  account.lines_going = lines_going_;
  for (const CacheStatistics& layer : layers_) {
    account.total += layer;
  }
  return result;
}

}  // namespace orrery::memory
