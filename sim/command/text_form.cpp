// SPDX-License-Identifier: Apache-2.0
#include "command/text_form.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>

#include "base/error.h"
#include "command/form_names.h"
#include "command/line_scanner.h"
#include "command/pim_operations.h"
#include "command/text_words.h"

namespace orrery::command {
namespace {

// Writes commands and headers into one text.
class TextWriter {
 public:
  explicit TextWriter(const StreamHeader& header) : header_(header) {}

  [[nodiscard]] std::string take() { return std::exchange(out_, {}); }

  void header() {
    add("{}{}\nworkload ", kTextStart, kTextVersion);
    text(header_.workload);
    out_ += "\nplatform ";
    text(header_.platform);
    add("\nseed {}\n", header_.seed);
    for (const std::string& engine : header_.engines) {
      named("engine ", engine);
      out_ += '\n';
    }
    for (const std::string& tier : header_.tiers) {
      named("tier ", tier);
      out_ += '\n';
    }
    for (const LayerInfo& layer : header_.layers) {
      named("layer ", layer.name);
      named(" ", layer.kind);
      add(" macs={}", layer.macs_useful);
      optional_text(" dataflow=", layer.dataflow);
      optional_text(" tiling=", layer.tiling);
      optional_text(" limited_by=", layer.limited_by);
      out_ += '\n';
    }
    for (const UsedRange& range : header_.uses) {
      out_ += "uses ";
      write(range.space);
      add(" {} {}\n", range.begin, range.end);
    }
    const char* separator = "rendezvous ";
    for (const std::uint64_t number : header_.rendezvous) {
      add("{}{}", separator, number);
      separator = ",";
    }
    out_ += header_.rendezvous.empty() ? "" : "\n";
    for (const PimMemory& memory : header_.pim_memories) {
      write(memory);
    }
  }

  void command(const Command& command) {
    add("{} ", command.id);
    text(header_.engines.at(command.engine));
    add(" {}", command.layer);
    const char* separator = " after=";
    for (const Dependency& dependency : command.after) {
      named(separator, header_.engines.at(dependency.engine));
      add(":{}", dependency.id);
      separator = ",";
    }
    add(" {}", name_of(body_kind_names(), kind_of(command)));
    std::visit([this](const auto& body) { write(body); }, command.body);
  }

 private:
  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Arguments>(arguments)...);
  }
  void text(std::string_view value) { append_text(out_, value); }
  void named(const char* before, const std::string& value) {
    out_ += before;
    text(value);
  }
  void optional_text(const char* before, const std::string& value) {
    if (!value.empty()) {
      named(before, value);
    }
  }
  void triple(const char* before, const std::array<std::int64_t, 3>& values) {
    add("{}{},{},{}", before, values[0], values[1], values[2]);
  }

  void write(const Space& space) {
    out_ += name_of(space_kind_names(), space.kind);
    if (space.kind != SpaceKind::kScratchpad) {
      named(":", space.kind == SpaceKind::kTier ? header_.tiers.at(space.index)
                                                : header_.engines.at(space.index));
    }
  }

  void write(const boost::container::static_vector<Digit, 4>& digits) {
    const char* separator = "[";
    for (const Digit& digit : digits) {
      add("{}{}", separator, digit.extent);
      const bool steps = digit.step != std::array<std::int64_t, 2>{};
      if (digit.stride_bits != 0 || steps) {
        add(":{}", digit.stride_bits);
      }
      if (steps) {
        add(":{}:{}", digit.step[0], digit.step[1]);
      }
      separator = ",";
    }
    out_ += digits.empty() ? "[]" : "]";
  }

  void write(const View& view) {
    write(view.space);
    add("@{}/{}", view.base, numeric::name(view.type));
    write(view.row);
    write(view.column);
    if (is_unbounded(view)) {
      return;
    }
    const char* separator = "{";
    for (const Bound& bound : view.bounds) {
      add("{}{}:", separator, bound.origin);
      if (bound.limit == kNoLimit) {
        out_ += '-';
      } else {
        add("{}", bound.limit);
      }
      separator = ",";
    }
    out_ += '}';
  }

  void named_view(const char* before, const View& view) {
    out_ += before;
    write(view);
  }

  void end(const char* name, const Move::End& end) {
    add(" {}=", name);
    write(end.space);
    add("@{}", end.address);
    if (end.stride != std::array<std::int64_t, 3>{}) {
      add(" {}_stride=", name);
      triple("", end.stride);
    }
  }

  void write(const Move& move) {
    end("source", move.source);
    end("destination", move.destination);
    if (move.count != std::array<std::int64_t, 3>{1, 1, 1}) {
      triple(" count=", move.count);
    }
    add(" row_bytes={}", move.row_bytes);
  }

  void write(const ComputeTile& tile) {
    named(" dataflow=", dataflow_text(tile.dataflow));
    add(" m={} n={} k={}", tile.m, tile.n, tile.k);
    if (tile.groups != 1) {
      add(" groups={}", tile.groups);
    }
    if (has_window(tile)) {
      write(tile.window, plain_window(tile.m));
    }
    named_view(" a=", tile.a);
    named_view(" b=", tile.b);
    named_view(" c=", tile.c);
    if (tile.accumulate) {
      out_ += " accumulate=yes";
    }
    if (full_macs(tile) != tile.macs_useful) {
      add(" macs={}", tile.macs_useful);
    }
  }

  void write(const timing::ConvolutionWindow& window, const timing::ConvolutionWindow& plain) {
    if (window.images != plain.images || window.output_rows != plain.output_rows ||
        window.output_columns != plain.output_columns) {
      add(" outputs={},{},{}", window.images, window.output_rows, window.output_columns);
    }
    pair(" filter=", window.filter_rows, window.filter_columns);
    pair(" stride=", window.stride_h, window.stride_w);
    pair(" dilation=", window.dilation_h, window.dilation_w);
  }

  void pair(const char* before, std::int64_t first, std::int64_t second) {
    if (first != 1 || second != 1) {
      add("{}{},{}", before, first, second);
    }
  }

  void write(const VectorCommand& command) {
    add(" rows={} columns={}", command.rows, command.columns);
    named_view(" source=", command.source);
    for (const VectorStage& stage : command.stages) {
      add(" stage={}", name_of(vector_kind_names(), stage.kind));
      write(stage);
    }
    named_view(" destination=", command.destination);
    value(" macs", command.macs_useful, 0);
  }

  void write(const VectorStage& stage) {
    const char* separator = "(";
    if (!is_default(stage.operand)) {
      named_view("(operand=", stage.operand);
      separator = " ";
    }
    if (!is_zero(stage.parameters)) {
      add("{}parameters=", separator);
      std::size_t count = stage.parameters.size();
      while (std::bit_cast<std::uint64_t>(stage.parameters[count - 1]) == 0) {
        --count;
      }
      for (std::size_t i = 0; i < count; ++i) {
        std::array<char, 32> digits{};
        const auto end =
            std::to_chars(digits.data(), digits.data() + digits.size(), stage.parameters[i]);
        add("{}{}", i == 0 ? "" : ",", std::string_view(digits.data(), end.ptr));
      }
      separator = " ";
    }
    if (*separator == ' ') {
      out_ += ')';
    }
  }

  void write(const Barrier& /*barrier*/) {}
  void write(const Rendezvous& rendezvous) { add(" number={}", rendezvous.number); }

  void write(const PimMemory& memory) {
    const std::string& tier = header_.tiers.at(memory.tier);
    named("pim_memory ", tier);
    add(" column_bytes={} channel={} bank={} row={} byte={}", memory.column_bytes,
        digits_text(memory.channel), digits_text(memory.bank), digits_text(memory.row),
        digits_text(memory.byte));
    out_ += '\n';
    for (const PimCommand& command : memory.commands) {
      named("pim_command ", tier);
      named(" ", command.name);
      add(" {}", name_of(numeric::pim_operation_names(), command.operation));
      value(" bytes", command.bytes, 0);
      value(" banks", command.banks, 1);
      value(" bank_step", command.bank_step, 1);
      value(" most_count", command.most_count, 1);
      out_ += command.announces ? " announces=yes" : "";
      out_ += '\n';
    }
  }

  // Left out where it has its default.
  void value(const char* key, std::int64_t value, std::int64_t by_default) {
    if (value != by_default) {
      add("{}={}", key, value);
    }
  }

  void write(const PimProgram& program) {
    const PimMemory& memory = header_.pim_memories.at(program.memory);
    named(" memory=", header_.tiers.at(memory.tier));
    value(" channel", program.channel, 0);
    value(" repetitions", program.repetitions, 1);
    for (const PimStep& step : program.steps) {
      named(" step=", memory.commands.at(step.command).name);
      write(step);
    }
    if (program.type != PimProgram{}.type) {
      add(" type={}", numeric::name(program.type));
    }
    if (program.result_type != PimProgram{}.result_type) {
      add(" result_type={}", numeric::name(program.result_type));
    }
    if (moves_in(program, memory)) {
      end("source", program.source);
    }
    if (moves_out(program, memory)) {
      end("destination", program.destination);
    }
    value(" macs", program.macs_useful, 0);
  }

  void write(const PimStep& step) {
    const char* before = "(";
    for (const PimOperand& operand : kPimOperands) {
      if (step.*operand.value != PimStep{}.*operand.value) {
        add("{}{}={}", before, operand.name, step.*operand.value);
        before = " ";
      }
    }
    if (step.once) {
      add("{}once=yes", before);
      before = " ";
    }
    out_ += *before == ' ' ? ")" : "";
  }

  void end(const char* name, const PimProgram::End& end) {
    add(" {}=scratchpad@{}", name, end.address);
    if (end.stride != std::array<std::int64_t, 2>{}) {
      add(" {}_stride={},{}", name, end.stride[0], end.stride[1]);
    }
  }

  const StreamHeader& header_;
  std::string out_;
};

}  // namespace

std::string to_text(const Command& command, const StreamHeader& header) {
  TextWriter writer(header);
  writer.command(command);
  return writer.take();
}

void write_text(Source& source, std::ostream& out) {
  TextWriter writer(source.header());
  writer.header();
  out << writer.take();
  Command command;
  CommandId last = 0;
  while (source.next(command)) {
    base::require_invariant(command.id == ++last, "commands are numbered from 1");
    writer.command(command);
    out << writer.take() << '\n';
  }
  out << kTextEnd << '\n';
}

}  // namespace orrery::command
