// SPDX-License-Identifier: Apache-2.0
#include "command/binary_form.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "base/error.h"
#include "command/binary_layout.h"
#include "command/binary_reader.h"
#include "command/byte_writer.h"
#include "command/form_names.h"
#include "command/pim_operations.h"
#include "command/text_form.h"
#include "command/text_words.h"

namespace orrery::command {
namespace {

// Writes headers and commands into one string of bytes.
class BinaryWriter {
 public:
  [[nodiscard]] std::string take() { return out_.take(); }

  void header(const StreamHeader& header) {
    out_.raw(kBinaryMagic);
    const bool is_shared = !header.uses.empty() || !header.rendezvous.empty();
    const bool has_pim = !header.pim_memories.empty();
    out_.byte(has_pim ? kPimBinaryVersion : is_shared ? kSharedBinaryVersion : kBinaryVersion);
    out_.text(header.workload);
    out_.text(header.platform);
    out_.natural(header.seed);
    for (const auto* names : {&header.engines, &header.tiers}) {
      out_.natural(names->size());
      for (const std::string& name : *names) {
        out_.text(name);
      }
    }
    out_.natural(header.layers.size());
    for (const LayerInfo& layer : header.layers) {
      out_.text(layer.name);
      out_.text(layer.kind);
      out_.integer(layer.macs_useful);
      out_.text(layer.dataflow);
      out_.text(layer.tiling);
      out_.text(layer.limited_by);
    }
    if (is_shared || has_pim) {
      sharing(header);
    }
    if (has_pim) {
      pim_memories(header);
    }
  }

  void command(const Command& command) {
    base::require_invariant(command.id == last_id_ + 1, "commands are numbered from 1");
    last_id_ = command.id;
    out_.byte(static_cast<unsigned>(command.body.index()) + kFirstBodyTag);
    out_.natural(command.engine);
    out_.integer(static_cast<std::int64_t>(command.layer) - last_layer_);
    last_layer_ = command.layer;
    out_.natural(command.after.size());
    for (const Dependency& dependency : command.after) {
      out_.natural(dependency.engine);
      out_.natural(command.id - dependency.id);
    }
    std::visit([this](const auto& body) { write(body); }, command.body);
  }

  void end() {
    out_.byte(kEndTag);
    out_.natural(last_id_);
  }

 private:
  template <std::size_t size>
  void write(const std::array<std::int64_t, size>& values) {
    for (const std::int64_t value : values) {
      out_.integer(value);
    }
  }

  void write(const Space& space) {
    out_.byte(static_cast<unsigned>(space.kind));
    if (space.kind != SpaceKind::kScratchpad) {
      out_.natural(space.index);
    }
  }

  void write(const boost::container::static_vector<Digit, 4>& digits) {
    for (const Digit& digit : digits) {
      out_.integer(digit.extent);
      out_.integer(digit.stride_bits);
    }
  }

  void write(const View& view) {
    const bool has_steps = moves_coordinates(view);
    const bool has_bounds = !is_unbounded(view);
    out_.byte(static_cast<unsigned>(view.row.size() * kDigitCounts + view.column.size()));
    const auto type = static_cast<unsigned>(view.type);
    out_.byte(std::min(type, kWideType) | (has_steps ? kStepsFlag : 0U) |
              (has_bounds ? kBoundsFlag : 0U));
    if (type >= kWideType) {
      out_.byte(type);
    }
    write(view.space);
    out_.integer(view.base);
    write(view.row);
    write(view.column);
    for (const auto* digits : {&view.row, &view.column}) {
      for (std::size_t i = 0; has_steps && i < digits->size(); ++i) {
        write((*digits)[i].step);
      }
    }
    for (std::size_t i = 0; has_bounds && i < view.bounds.size(); ++i) {
      out_.integer(view.bounds[i].origin);
      out_.integer(view.bounds[i].limit);
    }
  }

  void write(const Move::End& end) {
    write(end.space);
    out_.integer(end.address);
    write(end.stride);
  }

  void write(const Move& move) {
    write(move.source);
    write(move.destination);
    write(move.count);
    out_.integer(move.row_bytes);
  }

  void write(const ComputeTile& tile) {
    const auto& standard = timing::kStandardDataflows;
    const auto found = std::find(standard.begin(), standard.end(), tile.dataflow);
    const bool is_own = found == standard.end();
    const auto index = static_cast<unsigned>(found - standard.begin());
    out_.byte((is_own ? kOwnDataflow : index) | (tile.accumulate ? kAccumulateFlag : 0U) |
              (tile.groups != 1 ? kGroupsFlag : 0U));
    if (is_own) {
      out_.text(dataflow_text(tile.dataflow));
    }
    out_.integer(tile.m);
    out_.integer(tile.n);
    out_.integer(tile.k);
    if (tile.groups != 1) {
      out_.integer(tile.groups);
    }
    if (has_window(tile)) {
      for (const auto size : kWindowSizes) {
        out_.integer(tile.window.*size);
      }
    }
    write(tile.a);
    write(tile.b);
    write(tile.c);
    out_.integer(full_macs(tile) - tile.macs_useful);
  }

  void write(const VectorCommand& command) {
    out_.integer(command.rows);
    out_.integer(command.columns);
    write(command.source);
    const bool has_macs = command.macs_useful != 0;
    out_.natural(command.stages.size() + (has_macs ? kVectorMacsFlag : 0U));
    for (const VectorStage& stage : command.stages) {
      write(stage);
    }
    write(command.destination);
    if (has_macs) {
      out_.integer(command.macs_useful);
    }
  }

  void write(const VectorStage& stage) {
    const bool has_operand = !is_default(stage.operand);
    const bool has_parameters = !is_zero(stage.parameters);
    out_.byte(static_cast<unsigned>(stage.kind) | (has_operand ? kOperandFlag : 0U) |
              (has_parameters ? kParametersFlag : 0U));
    if (has_operand) {
      write(stage.operand);
    }
    for (std::size_t i = 0; has_parameters && i < stage.parameters.size(); ++i) {
      out_.real(stage.parameters[i]);
    }
  }

  void write(const Barrier& /*barrier*/) {}
  void write(const Rendezvous& rendezvous) { out_.natural(rendezvous.number); }

  void write(const PimProgram& program) {
    const PimMemory& memory = pim_memories_.at(program.memory);
    out_.natural(program.memory);
    out_.integer(program.channel);
    out_.integer(program.repetitions);
    out_.byte(static_cast<unsigned>(program.type));
    out_.byte(static_cast<unsigned>(program.result_type));
    out_.natural(program.steps.size());
    for (const PimStep& step : program.steps) {
      write(step);
    }
    if (moves_in(program, memory)) {
      write(program.source);
    }
    if (moves_out(program, memory)) {
      write(program.destination);
    }
    out_.integer(program.macs_useful);
  }

  void write(const PimStep& step) {
    out_.natural(step.command);
    out_.byte(given_operands(step) | (step.once ? kOnceFlag : 0U));
    for (const PimOperand& operand : kPimOperands) {
      if (step.*operand.value != PimStep{}.*operand.value) {
        out_.integer(step.*operand.value);
      }
    }
  }

  void write(const PimProgram::End& end) {
    out_.integer(end.address);
    write(end.stride);
  }

  void pim_memories(const StreamHeader& header) {
    pim_memories_ = header.pim_memories;
    out_.natural(header.pim_memories.size());
    for (const PimMemory& memory : header.pim_memories) {
      out_.natural(memory.tier);
      for (const auto* digits : {&memory.channel, &memory.bank, &memory.row, &memory.byte}) {
        out_.natural(digits->size());
        for (const PimMemory::Digit& digit : *digits) {
          out_.integer(digit.extent);
          out_.integer(digit.stride);
        }
      }
      out_.integer(memory.column_bytes);
      out_.natural(memory.commands.size());
      for (const PimCommand& command : memory.commands) {
        out_.text(command.name);
        out_.byte(static_cast<unsigned>(command.operation) |
                  (command.announces ? kAnnouncesFlag : 0U));
        out_.integer(command.bytes);
        out_.integer(command.banks);
        out_.integer(command.bank_step);
        out_.integer(command.most_count);
      }
    }
  }

  void sharing(const StreamHeader& header) {
    out_.natural(header.uses.size());
    for (const UsedRange& range : header.uses) {
      write(range.space);
      out_.integer(range.begin);
      out_.integer(range.end);
    }
    out_.natural(header.rendezvous.size());
    for (const std::uint64_t number : header.rendezvous) {
      out_.natural(number);
    }
  }

  ByteWriter out_;
  std::vector<PimMemory> pim_memories_;
  CommandId last_id_ = 0;
  std::int64_t last_layer_ = 0;
};

}  // namespace

void write_binary(Source& source, std::ostream& out) {
  BinaryWriter writer;
  writer.header(source.header());
  out << writer.take();
  Command command;
  while (source.next(command)) {
    writer.command(command);
    out << writer.take();
  }
  writer.end();
  out << writer.take();
}

std::unique_ptr<Source> read_binary(std::unique_ptr<std::istream> in, std::string file,
                                    std::optional<Extents> extents) {
  return std::make_unique<BinaryReader>(std::move(in), std::move(file), std::move(extents));
}

std::unique_ptr<Source> open_stream(const std::filesystem::path& path,
                                    std::optional<Extents> extents) {
  const std::string file = path.string();
  const auto fail = [&](const char* message, const char* expected) {
    throw base::UserError(base::Diagnostic{{file, 0, 0}, "", message, expected, ""});
  };
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    fail("no such file", "a command stream");
  }
  if (std::filesystem::is_directory(path, error)) {
    fail("is a folder", "a command stream");
  }
  auto in = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*in) {
    fail("cannot be opened for reading", "a command stream");
  }
  // The forms differ in their second letter.
  const bool is_binary = in->get() == kBinaryMagic[0] && in->peek() == kBinaryMagic[1];
  in->clear();
  in->seekg(0);
  return is_binary ? read_binary(std::move(in), file, std::move(extents))
                   : read_text(std::move(in), file, std::move(extents));
}

}  // namespace orrery::command
