// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/controller_schema.h"

namespace orrery::memory::dram {

namespace {

using config::choice;
using config::integer;
using config::maybe;

template <class E>
using Names = config::EnumTable<E>;

constexpr std::int64_t kLongest = 1LL << 40;

}  // namespace

const config::Schema<ControllerConfig>& controller_schema() {
  using Self = ControllerConfig;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("memory_controller", "The policies of a memory controller.")
          .optional(
              "page_policy", &Self::page_policy,
              choice(Names<PagePolicyKind>{{"open", PagePolicyKind::kOpen},
                                           {"open_adaptive", PagePolicyKind::kOpenAdaptive},
                                           {"closed", PagePolicyKind::kClosed},
                                           {"closed_adaptive", PagePolicyKind::kClosedAdaptive},
                                           {"timeout", PagePolicyKind::kTimeout}}),
              "When a row is closed without being in the way.")
          .optional("page_timeout", &Self::page_timeout, integer(1, kLongest),
                    "Cycles after the last command to a row at which `timeout` closes it.")
          .optional("scheduler", &Self::scheduler,
                    choice(Names<SchedulerKind>{{"fr_fcfs", SchedulerKind::kFrFcfs},
                                                {"fr_fcfs_grouped", SchedulerKind::kFrFcfsGrouped},
                                                {"fifo", SchedulerKind::kFifo}}),
                    "Which requests of a bank may go: row hits first, these in groups of reads and "
                    "of writes, or in order of arrival.")
          .optional("hit_cap", &Self::hit_cap, integer(0, kLongest),
                    "Column commands that may overtake an older request of their bank; 0: any.")
          .optional("scheduler_buffer", &Self::buffer,
                    choice(Names<BufferKind>{{"read_write", BufferKind::kReadWrite},
                                             {"shared", BufferKind::kShared},
                                             {"bankwise", BufferKind::kBankwise}}),
                    "One list for reads and one for writes, one for all, or one for each bank.")
          .optional("request_buffer_size", &Self::request_buffer_size, maybe(integer(1, 4096)),
                    "Places of each list; unset: 32 for each data bus of the channel.")
          .optional("write_high", &Self::write_high, maybe(integer(1, 1 << 20)),
                    "Queued writes at which writing starts; unset: 80 % of the places.")
          .optional("write_low", &Self::write_low, maybe(integer(0, 1 << 20)),
                    "Queued writes at which it ends for waiting reads; unset: 20 % of the places.")
          .optional("response_queue", &Self::response_queue,
                    choice(Names<ResponseQueueKind>{{"reorder", ResponseQueueKind::kReorder},
                                                    {"fifo", ResponseQueueKind::kFifo}}),
                    "Whether reads are done in the order of their data or of their arrival.")
          .optional("refresh_policy", &Self::refresh_policy,
                    choice(Names<RefreshPolicyKind>{{"all_bank", RefreshPolicyKind::kAllBank},
                                                    {"per_bank", RefreshPolicyKind::kPerBank},
                                                    {"none", RefreshPolicyKind::kNone}}),
                    "Whole ranks, or the banks that the standard refreshes with one command.")
          .optional("refresh_max_postponed", &Self::refresh_max_postponed, integer(0, 4096),
                    "Refreshes that may be owed while there are requests.")
          .optional("refresh_max_pulled_in", &Self::refresh_max_pulled_in, integer(0, 4096),
                    "Refreshes that may be done ahead while there are none.")
          .optional("arbiter", &Self::arbiter,
                    choice(Names<ArbiterKind>{{"round_robin", ArbiterKind::kRoundRobin},
                                              {"arrival_order", ArbiterKind::kArrivalOrder},
                                              {"ready_first", ArbiterKind::kReadyFirst}}),
                    "Which initiator's burst enters.")
          .optional("max_active_transactions", &Self::max_active_transactions,
                    maybe(integer(1, 1 << 20)),
                    "Bursts of one initiator outstanding at one channel; unset: as the initiator "
                    "asks for.")
          .optional("power_down", &Self::power_down,
                    choice(Names<PowerDownKind>{{"none", PowerDownKind::kNone},
                                                {"power_down", PowerDownKind::kPowerDown},
                                                {"self_refresh", PowerDownKind::kSelfRefresh}}),
                    "What an idle rank does.")
          .optional("power_down_idle", &Self::power_down_idle, integer(1, kLongest),
                    "Cycles of idleness before it.")
          .optional("pim_policy", &Self::pim_policy,
                    choice(Names<PimPolicyKind>{{"blocked", PimPolicyKind::kBlocked},
                                                {"concurrent", PimPolicyKind::kConcurrent}}),
                    "Whether a channel serves either memory requests or PIM commands until none "
                    "are left, or both at once.")
          .optional("pim_slack_memory", &Self::pim_slack_memory, integer(0, kLongest),
                    "`concurrent`: below this slack no memory command is sent while PIM work is "
                    "under way.")
          .optional("pim_slack_activate", &Self::pim_slack_activate, integer(0, kLongest),
                    "`concurrent`: an ACT for a request needs more slack than this.")
          .optional("pim_slack_precharge", &Self::pim_slack_precharge, integer(0, kLongest),
                    "`concurrent`: a PRE for a request needs more slack than this.")
          .optional("pim_slack_cost", &Self::pim_slack_cost, integer(0, kLongest),
                    "`concurrent`: slack that each such ACT and PRE uses up.");
  return kSchema;
}

config::Codec<ControllerConfig> controller_codec() {
  return config::object(controller_schema());
}

}  // namespace orrery::memory::dram
