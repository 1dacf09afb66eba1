// SPDX-License-Identifier: Apache-2.0
// Host time of the DRAM channel: nanoseconds for each burst and in units of one bare SystemC timed
// activation, measured in the same run. Every channel gets a random stream of its own: equal
// streams would repeat each other's branches and look several times faster.
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "base/random.h"
#include "memory/dram/channel.h"
#include "memory/dram_tier.h"
#include "tests/memory/specs.h"

namespace {

using namespace orrery;
using memory::Transfer;
using memory::dram::Channel;
using memory::dram::ChannelConfig;
using memory::dram::Slice;
using memory::dram::Spec;

// Processor time of this process.
double now() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Silent : memory::dram::CompletionSink {
  void slice_done(std::uint64_t, std::uint32_t, base::Cycle) override { ++slices; }
  std::uint64_t slices = 0;
};

// A module that does nothing but wake itself.
struct Ticker : sc_core::sc_module {
  SC_HAS_PROCESS(Ticker);
  explicit Ticker(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
    SC_METHOD(tick);
  }
  void tick() {
    ++count;
    next_trigger(sc_core::sc_time::from_value(1000));
  }
  std::uint64_t count = 0;
};

double bare_activation_ns() {
  Ticker ticker("ticker");
  const double start = now();
  sc_core::sc_start(sc_core::sc_time::from_value(1000ULL * 3'000'000));
  return (now() - start) * 1e9 / static_cast<double>(ticker.count);
}

enum class Pattern { kSequential, kRandom };

// What one channel is fed with: a single long transfer, or one transfer for each random burst.
class Feeder {
 public:
  Feeder(const Spec& spec, Pattern pattern, std::uint64_t bytes, std::uint64_t seed)
      : spec_(spec), pattern_(pattern), bytes_(bytes), random_(seed), map_(1, spec.access_bytes) {}

  // Keeps enough slices in line.
  void feed(Channel& channel, std::uint64_t bursts_left) {
    if (pattern_ == Pattern::kSequential) {
      Transfer transfer;
      transfer.row_bytes = static_cast<std::int64_t>(bursts_left) * spec_.access_bytes;
      submit(channel, transfer);
      return;
    }
    for (std::uint64_t i = 0; i < bursts_left; i += bytes_ / spec_.access_bytes) {
      Transfer transfer;
      transfer.address = static_cast<std::uint64_t>(random_.integer(
                             0, spec_.capacity_bytes() / static_cast<std::int64_t>(bytes_) - 1)) *
                         bytes_;
      transfer.row_bytes = static_cast<std::int64_t>(bytes_);
      submit(channel, transfer);
    }
  }

 private:
  void submit(Channel& channel, const Transfer& transfer) {
    Slice slice;
    slice.cursor = memory::SliceCursor(transfer, map_, 0, static_cast<int>(spec_.access_bytes));
    channel.submit(slice, channel.horizon());
  }

  const Spec& spec_;
  Pattern pattern_;
  std::uint64_t bytes_;
  base::Random random_;
  memory::AddressMap map_;
};

void measure_core(const std::string& name, Pattern pattern, int channels, double activation_ns,
                  std::uint64_t total_reads = 0) {
  const Spec spec = memory::dram::test::shipped(name);
  Silent sink;
  ChannelConfig config;
  std::vector<std::unique_ptr<Channel>> all;
  std::vector<Feeder> feeders;
  for (int i = 0; i < channels; ++i) {
    all.push_back(std::make_unique<Channel>(spec, config, sink));
    feeders.emplace_back(spec, pattern, 64, static_cast<std::uint64_t>(i) + 1);
  }
  if (total_reads == 0) {
    total_reads = pattern == Pattern::kSequential ? 16'000'000 : 3'000'000;
  }
  const std::uint64_t reads = total_reads / static_cast<unsigned>(channels);
  const std::uint64_t bursts = reads * 64 / static_cast<std::uint64_t>(spec.access_bytes);
  const std::uint64_t portion = pattern == Pattern::kSequential ? bursts : 1000;
  const double start = now();
  for (std::uint64_t fed = 0; fed < bursts; fed += portion) {
    for (int i = 0; i < channels; ++i) {
      feeders[static_cast<std::size_t>(i)].feed(*all[static_cast<std::size_t>(i)], portion);
    }
    bool busy = true;
    while (busy) {
      busy = false;
      for (const auto& channel : all) {
        if (!channel->idle()) {
          channel->advance(channel->horizon() + 64);  // a lookahead of 64 cycles
          busy = true;
        }
      }
    }
  }
  const double seconds = (now() - start);
  const double ns = seconds * 1e9 / static_cast<double>(reads * static_cast<unsigned>(channels));
  std::printf("%-13s %-10s %2d channels  %6.1f ns for 64 B  %6.2f M/s  %5.2f activations\n",
              name.c_str(), pattern == Pattern::kSequential ? "sequential" : "random", channels, ns,
              1e3 / ns, ns / activation_ns);
}

// One DMA engine that keeps a few long transfers under way on a tier.
class Streamer : public memory::TransferListener {
 public:
  Streamer(memory::Tier& tier, std::uint64_t bytes, std::int64_t each)
      : tier_(tier), left_(bytes), each_(each) {}
  void start() {
    for (int i = 0; i < 4; ++i) {
      next();
    }
  }
  void transfer_done(std::uint64_t) override { next(); }

 private:
  void next() {
    if (left_ < static_cast<std::uint64_t>(each_)) {
      return;
    }
    left_ -= static_cast<std::uint64_t>(each_);
    Transfer transfer;
    transfer.address = address_;
    transfer.row_bytes = each_;
    address_ = (address_ + static_cast<std::uint64_t>(each_)) %
               static_cast<std::uint64_t>(tier_.capacity());
    tier_.submit(transfer, 0, *this);
  }
  memory::Tier& tier_;
  std::uint64_t left_;
  std::int64_t each_;
  std::uint64_t address_ = 0;
};

void fresh_context() {
  sc_core::sc_curr_simcontext = nullptr;
  sc_core::sc_default_global_context = nullptr;
  sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
}

void measure_tier(const std::string& name, int channels, std::int64_t each, double activation_ns) {
  fresh_context();
  const Spec spec = memory::dram::test::shipped(name);
  memory::TierConfig config;
  config.channels = channels;
  config.request_latency = config.response_latency = 20'000'000;
  memory::DramTier tier("tier", spec, config, {});
  const std::uint64_t bytes = std::uint64_t{512} << 20;
  Streamer streamer(tier, bytes, each);
  streamer.start();
  const double start = now();
  sc_core::sc_start();
  const double ns = (now() - start) * 1e9 / static_cast<double>(bytes / 64);
  std::printf(
      "%-13s tier, %7lld B transfers, %2d channels  %6.1f ns for 64 B  %6.2f M/s  "
      "%5.2f activations, %.4f wake-ups\n",
      name.c_str(), static_cast<long long>(each), channels, ns, 1e3 / ns, ns / activation_ns,
      static_cast<double>(tier.wake_ups()) / static_cast<double>(bytes / 64));
}

}  // namespace

// Without arguments everything; otherwise NAME sequential|random CHANNELS READS for one core
// measurement.
int sc_main(int argc, char** argv) {
  sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
  const double activation_ns = bare_activation_ns();
  std::printf("bare SystemC timed activation: %.1f ns\n", activation_ns);
  if (argc == 5) {
    measure_core(argv[1],
                 std::string(argv[2]) == "random" ? Pattern::kRandom : Pattern::kSequential,
                 std::stoi(argv[3]), activation_ns, std::stoull(argv[4]));
    return 0;
  }
  for (const std::string name : {"ddr4_2400", "hbm2_neupims", "hbm2_2000"}) {
    for (const Pattern pattern : {Pattern::kSequential, Pattern::kRandom}) {
      for (const int channels : {1, 8, 32}) {
        measure_core(name, pattern, channels, activation_ns);
      }
    }
  }
  measure_tier("hbm2_2000", 8, 1 << 16, activation_ns);
  measure_tier("hbm2_2000", 8, 1 << 20, activation_ns);
  measure_tier("ddr4_2400", 1, 1 << 16, activation_ns);
  return 0;
}
