// SPDX-License-Identifier: Apache-2.0
#include "tests/memory_checker/random_runs.h"

#include <algorithm>

#include "base/random.h"
#include "memory/checker/channel_recorder.h"
#include "memory/checker/log_checker.h"
#include "memory/checker/log_header.h"

namespace orrery::memory::checker::test {

namespace {

using base::Random;
using dram::CommandKind;

template <class E>
E pick(Random& random, std::initializer_list<E> values) {
  return values.begin()[random.integer(0, static_cast<std::int64_t>(values.size()) - 1)];
}

bool chance(Random& random, int of) {
  return random.integer(1, of) == 1;
}

bool has(const dram::Spec& spec, std::initializer_list<CommandKind> kinds) {
  return std::all_of(kinds.begin(), kinds.end(),
                     [&](CommandKind kind) { return spec.command(kind) >= 0; });
}

void choose_page_policy(Random& random, const dram::Spec& spec, dram::ControllerConfig& config) {
  using dram::PagePolicyKind;
  config.page_policy = has(spec, {CommandKind::kReadPrecharge, CommandKind::kWritePrecharge})
                           ? pick(random, {PagePolicyKind::kOpen, PagePolicyKind::kOpenAdaptive,
                                           PagePolicyKind::kClosed, PagePolicyKind::kClosedAdaptive,
                                           PagePolicyKind::kTimeout})
                           : pick(random, {PagePolicyKind::kOpen, PagePolicyKind::kTimeout});
  config.page_timeout = random.integer(1, chance(random, 2) ? 60 : 600);
}

void choose_buffers(Random& random, const dram::Spec& spec, dram::ControllerConfig& config) {
  config.buffer = pick(random, {dram::BufferKind::kReadWrite, dram::BufferKind::kShared,
                                dram::BufferKind::kBankwise});
  config.buffer_size = random.integer(1, chance(random, 2) ? 8 : 48);
  if (chance(random, 2)) {
    config.write_high = random.integer(1, config.write_places(spec.banks()));
    config.write_low = random.integer(0, *config.write_high - 1);
  } else {
    config.buffer_size = std::max<std::int64_t>(config.buffer_size, 2);
  }
}

void choose_refresh(Random& random, dram::Spec& spec, dram::ControllerConfig& config) {
  using dram::RefreshPolicyKind;
  config.refresh_policy =
      has(spec, {CommandKind::kRefreshBanks})
          ? pick(random, {RefreshPolicyKind::kAllBank, RefreshPolicyKind::kPerBank,
                          RefreshPolicyKind::kNone})
          : pick(random, {RefreshPolicyKind::kAllBank, RefreshPolicyKind::kAllBank,
                          RefreshPolicyKind::kNone});
  config.refresh_max_postponed = pick<std::int64_t>(random, {0, 0, 1, 4, 8});
  config.refresh_max_pulled_in = pick<std::int64_t>(random, {0, 0, 1, 4, 8});
  if (chance(random, 3)) {
    return;  // the standard's own intervals
  }
  spec.refresh_interval = std::min(
      spec.refresh_interval, random.integer(3 * spec.refresh_cycles, 8 * spec.refresh_cycles));
  if (spec.bank_refresh_interval > 0) {
    spec.bank_refresh_interval =
        std::min(spec.bank_refresh_interval,
                 spec.refresh_sets() *
                     random.integer(spec.bank_refresh_cycles, 3 * spec.bank_refresh_cycles));
  }
}

void choose_power_down(Random& random, const dram::Spec& spec, dram::ControllerConfig& config) {
  using dram::PowerDownKind;
  std::vector<PowerDownKind> known = {PowerDownKind::kNone};
  if (has(spec, {CommandKind::kPowerDown, CommandKind::kPowerDownExit})) {
    known.push_back(PowerDownKind::kPowerDown);
  }
  if (has(spec, {CommandKind::kSelfRefresh, CommandKind::kSelfRefreshExit})) {
    known.push_back(PowerDownKind::kSelfRefresh);
  }
  config.power_down = known[static_cast<std::size_t>(
      random.integer(0, static_cast<std::int64_t>(known.size()) - 1))];
  config.power_down_idle = random.integer(1, chance(random, 2) ? 30 : 400);
}

dram::ControllerConfig random_controller(Random& random, dram::Spec& spec) {
  dram::ControllerConfig config;
  choose_page_policy(random, spec, config);
  config.scheduler =
      pick(random, {dram::SchedulerKind::kFrFcfs, dram::SchedulerKind::kFrFcfs,
                    dram::SchedulerKind::kFrFcfsGrouped, dram::SchedulerKind::kFifo});
  config.hit_cap = pick<std::int64_t>(random, {0, 0, 1, 2, 4, 16});
  choose_buffers(random, spec, config);
  config.response_queue =
      pick(random, {dram::ResponseQueueKind::kReorder, dram::ResponseQueueKind::kFifo});
  choose_refresh(random, spec, config);
  config.arbiter = pick(random, {dram::ArbiterKind::kRoundRobin, dram::ArbiterKind::kArrivalOrder,
                                 dram::ArbiterKind::kReadyFirst});
  choose_power_down(random, spec, config);
  return config;
}

void limit_to_defaults(dram::ControllerConfig& config, const dram::Spec& spec) {
  dram::ControllerConfig limited;
  limited.buffer_size = config.buffer_size;
  limited.write_high = std::min(config.write_high_or_default(), limited.buffer_size);
  limited.write_low = std::min(config.write_low_or_default(), *limited.write_high - 1);
  if (config.refresh_policy == dram::RefreshPolicyKind::kNone) {
    limited.refresh_policy = dram::RefreshPolicyKind::kNone;
  }
  config = limited;
}

Transfer random_transfer(Random& random, const dram::Spec& spec, int initiators) {
  const std::int64_t access = spec.access_bytes;
  const std::int64_t all_banks = spec.banks() * spec.columns * access;  // a row of every bank
  Transfer transfer;
  std::int64_t region = spec.capacity_bytes() / 4;
  transfer.row_bytes = access;
  switch (random.integer(0, 6)) {
    case 0:  // a stream
      transfer.row_bytes = random.integer(1, 128) * access;
      break;
    case 1:  // a few bursts, read and written again and again
      region = 32 * access;
      transfer.outer[0] = {random.integer(1, 12), 0};
      break;
    case 2:  // row conflicts of one bank
      region = 4 * all_banks;
      transfer.outer[0] = {random.integer(2, 16), all_banks};
      break;
    case 3:  // strides
      transfer.outer[0] = {random.integer(1, 24), random.integer(0, 70000)};
      transfer.outer[1] = {random.integer(1, 3), random.integer(0, 1000000)};
      break;
    case 4:  // some rows of all banks
      region = 8 * all_banks;
      transfer.outer[0] = {random.integer(1, 32), random.integer(1, 64) * access};
      break;
    default:  // one burst
      break;
  }
  transfer.address = static_cast<std::uint64_t>(random.integer(0, region - 1));
  transfer.initiator = static_cast<std::uint32_t>(random.integer(0, initiators - 1));
  return transfer;
}

class NoCompletions : public dram::CompletionSink {
 public:
  void slice_done(std::uint64_t, std::uint32_t, Cycle) override {}
};

}  // namespace

RandomRun random_run(const dram::Spec& spec, std::uint64_t seed, int transfers,
                     bool default_policies_only) {
  Random random(seed);
  RandomRun run{spec, {}, {}, 0, 1};
  run.config.controller = random_controller(random, run.spec);
  if (default_policies_only) {
    limit_to_defaults(run.config.controller, run.spec);
  }
  run.config.credits = static_cast<int>(random.integer(1, 96));
  run.config.round_trip = random.integer(0, 80);
  run.step = random.integer(1, chance(random, 4) ? 2 : 3000);
  const int initiators = static_cast<int>(random.integer(1, 4));
  const std::int64_t writes_of_ten = random.integer(0, 8);
  const std::int64_t gap = random.integer(0, chance(random, 2) ? 20 : 300);
  const int pause_in = static_cast<int>(random.integer(8, 200));
  Cycle at = 0;
  for (int i = 0; i < transfers; ++i) {
    at += random.integer(0, gap);
    at += chance(random, pause_in) ? random.integer(0, 3 * spec.refresh_interval) : 0;
    Submission submission;
    submission.known = at;
    submission.arrival = at + random.integer(0, 40);
    submission.transfer = random_transfer(random, spec, initiators);
    submission.transfer.is_write = random.integer(1, 10) <= writes_of_ten;
    run.submissions.push_back(submission);
  }
  run.end = at + 4 * spec.refresh_interval;
  return run;
}

void run_channel(const RandomRun& run, EventSink& sink) {
  NoCompletions completions;
  ChannelRecorder recorder(0, sink);
  dram::Channel channel(run.spec, run.config, completions, &recorder);
  const int access = static_cast<int>(run.spec.access_bytes);
  const AddressMap map(1, access);
  std::size_t next = 0;
  while (channel.horizon() < run.end) {
    while (next < run.submissions.size() && run.submissions[next].known <= channel.horizon()) {
      const Submission& submission = run.submissions[next++];
      dram::Slice slice;
      slice.cursor = SliceCursor(submission.transfer, map, 0, access);
      slice.is_write = submission.transfer.is_write;
      slice.initiator = submission.transfer.initiator;
      slice.ticket = next;
      channel.submit(slice, std::max(submission.arrival, channel.horizon()));
    }
    Cycle until = channel.horizon() + run.step;
    if (next < run.submissions.size()) {
      until = std::min(until, run.submissions[next].known);
    }
    channel.advance(std::min(until, run.end));
  }
}

std::uint64_t check_run(const RandomRun& run, Findings& findings) {
  LogChecker checker(run.spec, run.config.controller, findings);
  run_channel(run, checker);
  checker.finish(run.end);
  return checker.commands();
}

std::string describe(const RandomRun& run) {
  return to_text({run.spec.name, run.config.controller}) +
         " credits=" + std::to_string(run.config.credits);
}

}  // namespace orrery::memory::checker::test
