// SPDX-License-Identifier: Apache-2.0
#include "memory/trace/vcd_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace orrery::memory::trace {

namespace {

constexpr unsigned kStateBits = 3;
constexpr int kStates = 5;

}  // namespace

// One channel's changes as lines of a dump.
class VcdOutput::Channel : public BankStates {
 public:
  Channel(VcdOutput& output, int channel)
      : BankStates(output.spec_),
        output_(output),
        channel_(channel),
        first_variable_(2 * static_cast<std::size_t>(channel) *
                        static_cast<std::size_t>(output.spec_.banks())) {}

 private:
  void bank_changed(const BankChange& change) override {
    const std::size_t variable = first_variable_ + 2 * std::size_t{change.bank};
    const std::string row = change.row < 0 ? "x" : fmt::format("{:b}", change.row);
    output_.lines_.add(channel_, change.cycle,
                       fmt::format("b{:b} {}\nb{} {}\n", static_cast<int>(change.state),
                                   identifier(variable), row, identifier(variable + 1)));
  }

  VcdOutput& output_;
  const int channel_;
  const std::size_t first_variable_;
};

VcdOutput::VcdOutput(const dram::Spec& spec, int channels, std::ostream& out)
    : spec_(spec),
      clock_(spec.clock()),
      channel_count_(channels),
      row_bits_(std::max(
          1U, static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(spec.rows) - 1)))),
      out_(out),
      lines_(channels, [this](Cycle cycle, std::string_view lines) {
        write_time(cycle);
        out_ << lines;
      }) {
  write_header();
}

VcdOutput::~VcdOutput() = default;

std::string VcdOutput::identifier(std::size_t variable) {
  constexpr std::size_t kDigits = '~' - '!' + 1;
  std::string text;
  do {
    text += static_cast<char>('!' + variable % kDigits);
    variable /= kDigits;
  } while (variable != 0);
  return text;
}

void VcdOutput::write_header() {
  out_ << "$version Orrery $end\n$comment " << spec_.name << "; state:";
  for (int state = 0; state < kStates; ++state) {
    out_ << ' ' << state << ' ' << bank_state_name(static_cast<BankState>(state));
  }
  out_ << " $end\n$timescale 1 fs $end\n";
  const auto banks = static_cast<unsigned>(spec_.banks());
  std::string start;
  std::size_t variable = 0;
  for (int channel = 0; channel < channel_count_; ++channel) {
    out_ << fmt::format("$scope module channel{} $end\n", channel);
    for (unsigned bank = 0; bank < banks; ++bank) {
      const std::string state = identifier(variable++);
      const std::string row = identifier(variable++);
      out_ << fmt::format(
          "$scope module {} $end\n$var reg {} {} state [{}:0] $end\n$var reg {} {} row [{}:0] "
          "$end\n$upscope $end\n",
          bank_name(spec_, bank, "_"), kStateBits, state, kStateBits - 1, row_bits_, row,
          row_bits_ - 1);
      start += fmt::format("b0 {}\nbx {}\n", state, row);
    }
    out_ << "$upscope $end\n";
  }
  out_ << "$enddefinitions $end\n#0\n$dumpvars\n" << start << "$end\n";
  time_ = 0;
}

void VcdOutput::write_time(Cycle cycle) {
  if (cycle != time_) {
    out_ << '#' << clock_.edge(cycle) << '\n';
    time_ = cycle;
  }
}

std::unique_ptr<dram::ChannelObserver> VcdOutput::observe(int channel) {
  auto observer = std::make_unique<Channel>(*this, channel);
  channels_.push_back(observer.get());
  return observer;
}

void VcdOutput::finish(Cycle end) {
  for (Channel* channel : channels_) {
    channel->finish(end);
  }
  lines_.finish();
  write_time(end);
}

}  // namespace orrery::memory::trace
