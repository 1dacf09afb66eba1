// SPDX-License-Identifier: Apache-2.0
#include "tests/memory/reference/clocked_cache.h"

#include <algorithm>
#include <limits>
#include <list>
#include <set>

namespace orrery::memory::reference {
namespace {

using base::Cycle;

constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

// A line somewhere: in the cache, or on its way to it.
struct Line {
  std::uint64_t number = 0;
  bool dirty = false;
  std::uint64_t last_used = 0;  // by order of accesses; of lines that are there
};

struct Coming {
  std::uint64_t number = 0;
  bool dirty = false;
  Cycle requested = 0;
  Cycle there = kNever;
};

class ClockedCache {
 public:
  ClockedCache(const CacheTierConfig& config, Cycle memory_cycles)
      : config_(config),
        memory_cycles_(memory_cycles),
        hit_(config.clock.cycles_covering(config.hit_latency)),
        busy_until_(static_cast<std::size_t>(config.slices), 0) {}

  CacheOutcome run(const std::vector<CacheRequest>& requests) {
    outcome_.ready.assign(requests.size(), 0);
    waits_.resize(requests.size());
    std::size_t next = 0;
    for (Cycle cycle = 0; next < requests.size() || !coming_.empty(); ++cycle) {
      arrive(cycle);
      for (; next < requests.size() && requests[next].cycle == cycle; ++next) {
        take(next, requests[next].transfer, cycle);
      }
    }
    return outcome_;
  }

 private:
  // Lines are put in by the order in which they were requested.
  void arrive(Cycle cycle) {
    for (auto line = coming_.begin(); line != coming_.end();) {
      if (line->there != cycle) {
        ++line;
        continue;
      }
      put(line->number, line->dirty);
      for (std::size_t i = 0; i < waits_.size(); ++i) {
        if (waits_[i].erase(line->number) > 0) {
          outcome_.ready[i] = std::max(outcome_.ready[i], cycle);
        }
      }
      line = coming_.erase(line);
    }
  }

  void take(std::size_t index, const Transfer& transfer, Cycle cycle) {
    outcome_.ready[index] = cycle;
    // A run of lines is requested when its last line starts.
    std::vector<Coming> run;
    const auto send = [&] {
      Cycle last = 0;
      for (const Coming& line : run) {
        last = std::max(last, line.requested);
      }
      for (Coming& line : run) {
        line.there = last + memory_cycles_ + 1;
      }
      coming_.insert(coming_.end(), run.begin(), run.end());
      run.clear();
    };
    const auto on_its_way = [&](std::uint64_t number) -> Coming* {
      const auto is_it = [number](const Coming& line) { return line.number == number; };
      const auto gathered = std::find_if(run.begin(), run.end(), is_it);
      if (gathered != run.end()) {
        return &*gathered;
      }
      const auto sent = std::find_if(coming_.begin(), coming_.end(), is_it);
      return sent == coming_.end() ? nullptr : &*sent;
    };
    for (std::int64_t row = 0; row < transfer.outer[0].count; ++row) {
      const auto first =
          static_cast<std::int64_t>(transfer.address) + row * transfer.outer[0].stride;
      // The bytes of the row by line.
      for (std::int64_t number = first / config_.line_bytes;
           number * config_.line_bytes < first + transfer.row_bytes; ++number) {
        const std::int64_t bytes =
            std::min(first + transfer.row_bytes, (number + 1) * config_.line_bytes) -
            std::max(first, number * config_.line_bytes);
        const auto line = static_cast<std::uint64_t>(number);
        Cycle& busy = busy_until_[slice_of(line)];
        const Cycle start = std::max(busy, cycle);
        busy = start + (bytes + config_.slice_bytes - 1) / config_.slice_bytes;
        const Cycle served = busy + hit_;
        (transfer.is_write ? outcome_.statistics.bytes_written : outcome_.statistics.bytes_read) +=
            static_cast<std::uint64_t>(bytes);
        if (Coming* const found = on_its_way(line); found != nullptr) {
          ++outcome_.statistics.merged;
          found->dirty = found->dirty || transfer.is_write;
          if (!transfer.is_write) {
            waits_[index].insert(line);
            continue;
          }
        } else if (use(line, transfer.is_write)) {
          ++outcome_.statistics.hits;
        } else if (transfer.is_write && bytes == config_.line_bytes) {
          ++outcome_.statistics.allocated;
          put(line, true);
        } else {
          ++outcome_.statistics.misses;
          if (!run.empty() && (run.back().number + 1 != line ||
                               place(run.back().number) + 1 != place(line) || run.size() == 16)) {
            send();
          }
          run.push_back({line, transfer.is_write, start});
          if (!transfer.is_write) {
            waits_[index].insert(line);
            continue;
          }
        }
        outcome_.ready[index] = std::max(outcome_.ready[index], served);
      }
    }
    send();
  }

  // Digits one after the other, the lowest first.
  [[nodiscard]] static std::uint64_t digits(std::uint64_t number, std::uint64_t base) {
    std::uint64_t sum = 0;
    for (int i = 0; i < 64 && base > 1; ++i) {
      sum = (sum + number % base) % base;
      number /= base;
    }
    return sum;
  }
  [[nodiscard]] std::size_t slice_of(std::uint64_t number) const {
    const std::size_t slices = busy_until_.size();
    return config_.hashed ? digits(number, slices) : number % slices;
  }
  [[nodiscard]] std::uint64_t place(std::uint64_t number) const {
    if (!config_.hashed) {
      return number;
    }
    const auto lines = static_cast<std::uint64_t>(config_.piece_bytes / config_.line_bytes);
    const auto channels = static_cast<std::uint64_t>(config_.channels);
    const std::uint64_t first = number / (lines * channels) * lines * channels;
    const std::uint64_t turned =
        (number / lines + digits(number / (lines * channels), channels)) % channels;
    return first + turned * lines + number % lines;
  }

  bool use(std::uint64_t number, bool is_write) {
    for (Line& line : lines_) {
      if (line.number == number) {
        line.last_used = ++uses_;
        line.dirty = line.dirty || is_write;
        return true;
      }
    }
    return false;
  }

  void put(std::uint64_t number, bool dirty) {
    const auto sets = static_cast<std::uint64_t>(config_.sets);
    std::vector<std::list<Line>::iterator> set;
    for (auto line = lines_.begin(); line != lines_.end(); ++line) {
      if (line->number % sets == number % sets) {
        set.push_back(line);
      }
    }
    if (static_cast<std::int64_t>(set.size()) == config_.ways) {
      const auto oldest = *std::min_element(
          set.begin(), set.end(), [](auto a, auto b) { return a->last_used < b->last_used; });
      outcome_.statistics.write_backs += oldest->dirty ? 1 : 0;
      lines_.erase(oldest);
    }
    lines_.push_back({number, dirty, ++uses_});
  }

  const CacheTierConfig& config_;
  Cycle memory_cycles_;
  Cycle hit_;
  std::vector<Cycle> busy_until_;
  std::list<Line> lines_;
  std::list<Coming> coming_;
  std::vector<std::set<std::uint64_t>> waits_;
  std::uint64_t uses_ = 0;
  CacheOutcome outcome_;
};

}  // namespace

CacheOutcome run_clocked_cache(const CacheTierConfig& config, Cycle memory_cycles,
                               const std::vector<CacheRequest>& requests) {
  return ClockedCache(config, memory_cycles).run(requests);
}

}  // namespace orrery::memory::reference
