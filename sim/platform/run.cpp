// SPDX-License-Identifier: Apache-2.0
#include "platform/run.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <systemc>

#include "platform/collect.h"
#include "platform/host.h"
#include "platform/machine.h"
#include "platform/stream_set.h"

namespace orrery::platform {
namespace {

using base::Femtoseconds;
using HostClock = std::chrono::steady_clock;

// A SystemC context for one run. SystemC keeps one global context; setting it to null gives the
// next run a fresh one. The first context of a process is kept, later ones are deleted.
class SimulationContext {
 public:
  SimulationContext() {
    sc_core::sc_curr_simcontext = nullptr;
    sc_core::sc_default_global_context = nullptr;
    static const bool kQuiet = [] {
      // The banner and the warnings of the library are not ours to print.
      sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
      sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_DO_NOTHING);
      return true;
    }();
    (void)kQuiet;
    sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
    context_ = sc_core::sc_get_curr_simcontext();
  }
  ~SimulationContext() {
    static sc_core::sc_simcontext* first = context_;
    if (context_ != first) {
      delete context_;
    }
    sc_core::sc_curr_simcontext = nullptr;
    sc_core::sc_default_global_context = nullptr;
  }
  SimulationContext(const SimulationContext&) = delete;
  SimulationContext& operator=(const SimulationContext&) = delete;

 private:
  sc_core::sc_simcontext* context_ = nullptr;
};

double seconds_since(HostClock::time_point start) {
  return std::chrono::duration<double>(HostClock::now() - start).count();
}

// Advances the simulation in slices of simulated time, sized so that the host looks up about ten
// times a second for Ctrl-C, the time limit and the progress display.
class Driver {
 public:
  Driver(Machine& machine, const RunOptions& options, std::uint32_t layers)
      : machine_(machine), options_(options), layers_(layers), start_(HostClock::now()) {}

  // Empty, or why the run stopped early.
  [[nodiscard]] std::string drive() {
    Femtoseconds slice = 1'000'000'000;  // 1 us
    while (true) {
      const double before = seconds_since(start_);
      sc_core::sc_start(sc_core::sc_time::from_value(static_cast<std::uint64_t>(slice)),
                        sc_core::SC_RUN_TO_TIME);
      machine_.rethrow_error();
      if (machine_.finished()) {
        settle();
        return {};
      }
      if (!sc_core::sc_pending_activity()) {
        throw base::InternalError("a machine with commands to do makes progress",
                                  "nothing is left to happen:\n  " + machine_.describe_waits());
      }
      const double host = seconds_since(start_);
      if (std::string reason = stop_reason(host); !reason.empty()) {
        machine_.stop();
        return reason;
      }
      report(host);
      if (host - before < 0.05) {
        slice *= 2;
      } else if (host - before > 0.2) {
        slice = std::max<Femtoseconds>(slice / 2, 1'000'000);
      }
    }
  }

 private:
  // Writes that the memories have taken but not yet done are carried out: where a slice ends must
  // not show in the result.
  static void settle() {
    while (sc_core::sc_pending_activity()) {
      sc_core::sc_start(sc_core::sc_time_to_pending_activity(), sc_core::SC_EXIT_ON_STARVATION);
    }
  }

  [[nodiscard]] std::string stop_reason(double host) const {
    if (options_.interrupt != nullptr && options_.interrupt->load()) {
      return "interrupted";
    }
    if (options_.limit_seconds && host > *options_.limit_seconds) {
      return fmt::format("time limit of {} s", *options_.limit_seconds);
    }
    return {};
  }

  void report(double host) const {
    if (options_.progress) {
      options_.progress({engine::now(), host, machine_.newest_layer(), layers_});
    }
  }

  Machine& machine_;
  const RunOptions& options_;
  std::uint32_t layers_;
  HostClock::time_point start_;
};

// What a module throws inside the kernel comes out as the kernel's own report.
std::string drive(Driver& driver) {
  try {
    return driver.drive();
  } catch (const sc_core::sc_report& report) {
    throw base::InternalError("modules do not fail", report.get_msg());
  }
}

}  // namespace

RunOutput run(const hardware::PlatformConfig& platform,
              const std::vector<command::Source*>& streams, const RunOptions& options) {
  const HostClock::time_point start = HostClock::now();
  base::require_invariant(!streams.empty(), "a run has a stream");
  std::vector<command::StreamHeader> headers;
  std::size_t layers = 0;
  for (const command::Source* stream : streams) {
    headers.push_back(stream->header());
    layers += stream->header().layers.size();
  }
  check_streams(headers);
  const SimulationContext context;
  Machine machine(platform, streams, options);
  Driver driver(machine, options, static_cast<std::uint32_t>(layers));
  const std::string stopped = drive(driver);
  const Femtoseconds end = stopped.empty() ? machine.last_completion() : engine::now();
  machine.finish(end);

  RunOutput output;
  output.result = collect(platform, headers, machine, end, stopped);
  output.host = host_result(output.result, seconds_since(start));
  output.host.kernel_activations = static_cast<std::int64_t>(sc_core::sc_delta_count());
  return output;
}

RunOutput run(const hardware::PlatformConfig& platform, command::Source& stream,
              const RunOptions& options) {
  return run(platform, std::vector<command::Source*>{&stream}, options);
}

}  // namespace orrery::platform
