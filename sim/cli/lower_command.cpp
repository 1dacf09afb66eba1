// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "cli/exit_code.h"
#include "cli/scenario_options.h"
#include "cli/subcommand.h"
#include "command/binary_form.h"
#include "command/text_form.h"
#include "lowering/lowering.h"
#include "lowering/machine/share.h"
#include "report/output_file.h"
#include "scenario/scenario.h"
#include "scenario/scenario_run.h"

namespace orrery::cli {
namespace {

using Writer = void (*)(command::Source&, std::ostream&);

const std::map<std::string, Writer>& writers() {
  static const std::map<std::string, Writer> kWriters{{"text", command::write_text},
                                                      {"binary", command::write_binary}};
  return kWriters;
}

// Writes the command stream of a workload on a platform.
class LowerCommand : public Subcommand {
 public:
  [[nodiscard]] std::string name() const override { return "lower"; }
  [[nodiscard]] std::string help() const override {
    return "Write the command stream of a workload on a platform; nothing is simulated.";
  }

  void define(CLI::App& app) override {
    define_scenario_options(app, request_);
    app.add_option("--dataflow", request_.dataflow, "os, ws or is, for every array.");
    app.add_option("-o,--output", output_, "The file. Default: standard output.");
    app.add_option("--format", format_, "text (the default) or binary.")
        ->check(CLI::Validator(
            [](const std::string& text) {
              return writers().contains(text) ? std::string()
                                              : "found '" + text + "'; expected text or binary";
            },
            ""));
    app.add_option("--share", share_,
                   "FROM:TO in percent: the part of every memory that the stream keeps to, so that "
                   "others can run beside it.");
    app.add_option(
           "--meet", meetings_,
           "A layer before which the stream meets others: rendezvous 1, 2, ... in the order "
           "of the layers. Once for each layer.")
        ->allow_extra_args(false);
    app.add_flag("--loops", loops_, "Write the loop nest of each layer instead.");
  }

  [[nodiscard]] int execute() override {
    require_scenario(request_);
    const scenario::Scenario scenario = scenario::load_scenario(request_);
    scenario::require_simulated(scenario, "lower");
    const lowering::Machine machine = lowering::machine_from(scenario.platform);
    const lowering::Share share = parse_share();
    const std::shared_ptr<const lowering::Plan> plan =
        lowering::make_plan(scenario.workload.graph, lowering::part_of_memories(machine, share),
                            scenario.mapping, scenario.workload.seed);
    const std::unique_ptr<command::Source> stream = make_stream(plan, machine, share);
    if (output_.empty()) {
      write(*plan, *stream, std::cout);
      return kSuccess;
    }
    report::OutputFile file(output_);
    write(*plan, *stream, file.stream());
    file.publish();
    return kSuccess;
  }

 private:
  [[nodiscard]] bool is_shared() const { return !share_.empty() || !meetings_.empty(); }

  // "0:50"; without it the whole machine.
  [[nodiscard]] lowering::Share parse_share() const {
    lowering::Share share;
    if (share_.empty()) {
      return share;
    }
    const std::size_t colon = std::min(share_.find(':'), share_.size());
    const auto parse = [&](std::size_t begin, std::size_t end, std::int64_t& value) {
      const auto [rest, error] = std::from_chars(share_.data() + begin, share_.data() + end, value);
      return error == std::errc() && rest == share_.data() + end;
    };
    if (colon == share_.size() || !parse(0, colon, share.from) ||
        !parse(colon + 1, share_.size(), share.to) || share.from < 0 || share.to <= share.from ||
        share.to > 100) {
      throw base::UserError(base::Diagnostic{{"--share " + share_, 0, 0},
                                             "",
                                             "no part of a memory",
                                             "two numbers from 0 to 100 that increase, as in 0:50",
                                             ""});
    }
    return share;
  }

  // The layers of --meet in the order of the stream.
  [[nodiscard]] std::vector<command::LayerIndex> layers_to_meet(
      const command::StreamHeader& header) const {
    std::vector<std::string> names;
    for (const command::LayerInfo& layer : header.layers) {
      names.push_back(layer.name);
    }
    base::Diagnostics diagnostics;
    std::set<command::LayerIndex> layers;
    for (const std::string& meeting : meetings_) {
      const auto found = std::find(names.begin(), names.end(), meeting);
      if (found == names.end()) {
        diagnostics.add({{"--meet " + meeting, 0, 0},
                         "",
                         "no layer of this name",
                         "a layer of the workload",
                         base::nearest_name(meeting, names)});
      }
      layers.insert(static_cast<command::LayerIndex>(found - names.begin()));
    }
    diagnostics.throw_if_any();
    return {layers.begin(), layers.end()};
  }

  [[nodiscard]] std::unique_ptr<command::Source> make_stream(
      const std::shared_ptr<const lowering::Plan>& plan, const lowering::Machine& machine,
      const lowering::Share& share) const {
    auto stream = std::make_unique<lowering::LoweredStream>(plan);
    if (!is_shared()) {
      return stream;
    }
    return std::make_unique<lowering::SharedStream>(std::move(stream), machine, share,
                                                    layers_to_meet(plan->header));
  }

  void write(const lowering::Plan& plan, command::Source& stream, std::ostream& out) const {
    if (loops_) {
      out << scenario::loop_nests(plan);
      return;
    }
    writers().at(format_)(stream, out);
  }

  scenario::ScenarioRequest request_;
  std::string output_;
  std::string format_ = "text";
  std::string share_;
  std::vector<std::string> meetings_;
  bool loops_ = false;
};

}  // namespace

SubcommandPointer make_lower_command() {
  return std::make_unique<LowerCommand>();
}

}  // namespace orrery::cli
