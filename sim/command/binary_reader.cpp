// SPDX-License-Identifier: Apache-2.0
#include "command/binary_reader.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "command/binary_form.h"
#include "command/binary_layout.h"
#include "command/form_names.h"
#include "command/pim_operations.h"
#include "command/text_words.h"

namespace orrery::command {

BinaryReader::BinaryReader(std::unique_ptr<std::istream> in, std::string file,
                           std::optional<Extents> extents)
    : in_(std::move(in), std::move(file)), checker_(std::move(extents)) {
  read_header();
}

std::vector<std::string> BinaryReader::names(std::size_t most, const char* what) {
  const std::uint64_t count = in_.natural(most, what);
  std::vector<std::string> result;
  // Grows with what the file holds, not with what it announces.
  for (std::uint64_t i = 0; i < count; ++i) {
    result.push_back(in_.text());
  }
  return result;
}

LayerInfo BinaryReader::layer_info() {
  LayerInfo layer;
  layer.name = in_.text();
  layer.kind = in_.text();
  layer.macs_useful = in_.integer();
  layer.dataflow = in_.text();
  layer.tiling = in_.text();
  layer.limited_by = in_.text();
  return layer;
}

void BinaryReader::read_header() {
  for (const char character : kBinaryMagic) {
    if (in_.byte() != static_cast<unsigned char>(character)) {
      in_.fail("no command stream in binary form", "the bytes \"ORRYCMD\\n\" at the start");
    }
  }
  const unsigned char version = in_.byte();
  if (version < kBinaryVersion || version > kPimBinaryVersion) {
    in_.fail(fmt::format("version {} of the binary form", version),
             fmt::format("{} to {}", kBinaryVersion, kPimBinaryVersion));
  }
  header_.workload = in_.text();
  header_.platform = in_.text();
  header_.seed = in_.natural();
  header_.engines = names(kMostEngines, "engines:");
  header_.tiers = names(kMostTiers, "tiers:");
  const std::uint64_t layers = in_.natural(std::numeric_limits<LayerIndex>::max(), "layers:");
  for (std::uint64_t i = 0; i < layers; ++i) {
    header_.layers.push_back(layer_info());
  }
  engines_ = header_.engines.size();
  tiers_ = header_.tiers.size();
  if (version >= kSharedBinaryVersion) {
    read_sharing(version);
  }
  if (version == kPimBinaryVersion) {
    read_pim_memories();
  }

  Problems problems;
  checker_.adopt(header_, problems);
  base::Diagnostics diagnostics;
  for (const Problem& problem : problems) {
    diagnostics.add(in_.diagnostic(in_.offset(), problem.field, problem.message, problem.expected,
                                   problem.suggestion));
  }
  diagnostics.throw_if_any();
}

void BinaryReader::read_sharing(unsigned char version) {
  const std::uint64_t ranges = in_.natural(engines_ + tiers_ + 1, "memories in use:");
  for (std::uint64_t i = 0; i < ranges; ++i) {
    UsedRange range;
    range.space = space_in_file();
    range.begin = in_.integer();
    range.end = in_.integer();
    header_.uses.push_back(range);
  }
  const std::uint64_t count = in_.natural(kMostRendezvous, "rendezvous:");
  for (std::uint64_t i = 0; i < count; ++i) {
    header_.rendezvous.push_back(in_.natural());
  }
  if (version == kSharedBinaryVersion && ranges == 0 && count == 0) {
    in_.fail(fmt::format("version {} without ranges and rendezvous", kSharedBinaryVersion),
             fmt::format("version {}", kBinaryVersion));
  }
}

void BinaryReader::read_pim_memories() {
  const std::uint64_t memories = in_.natural(tiers_, "PIM memories:");
  if (memories == 0) {
    in_.fail(fmt::format("version {} without PIM memories", kPimBinaryVersion),
             fmt::format("version {} or {}", kBinaryVersion, kSharedBinaryVersion));
  }
  for (std::uint64_t i = 0; i < memories; ++i) {
    PimMemory memory;
    memory.tier = static_cast<std::uint16_t>(in_.natural(tiers_ - 1, "tier"));
    for (PimMemory::Digits* digits : {&memory.channel, &memory.bank, &memory.row, &memory.byte}) {
      *digits = pim_digits();
    }
    memory.column_bytes = in_.integer();
    const std::uint64_t commands = in_.natural(kMostPimCommands, "PIM commands:");
    for (std::uint64_t j = 0; j < commands; ++j) {
      memory.commands.push_back(pim_command());
    }
    pim_commands_.push_back(memory.commands.size());
    header_.pim_memories.push_back(std::move(memory));
  }
}

PimMemory::Digits BinaryReader::pim_digits() {
  const std::uint64_t count = in_.natural(kMostPimDigits, "digits:");
  PimMemory::Digits digits(count);
  for (PimMemory::Digit& digit : digits) {
    digit.extent = in_.integer();
    digit.stride = in_.integer();
  }
  return digits;
}

PimCommand BinaryReader::pim_command() {
  PimCommand command;
  command.name = in_.text();
  const unsigned char operation = in_.byte();
  command.announces = (operation & kAnnouncesFlag) != 0;
  if ((operation & ~kAnnouncesFlag) >= kPimOperations) {
    in_.fail(fmt::format("no operation {}", operation & ~kAnnouncesFlag),
             fmt::format("0 to {}", kPimOperations - 1));
  }
  command.operation = static_cast<PimOperation>(operation & ~kAnnouncesFlag);
  command.bytes = in_.integer();
  command.banks = in_.integer();
  command.bank_step = in_.integer();
  command.most_count = in_.integer();
  return command;
}

void BinaryReader::check_end() {
  const std::uint64_t count = in_.natural();
  if (count + 1 != checker_.next_id()) {
    in_.fail(fmt::format("the stream counts {} commands", count),
             fmt::format("{}", checker_.next_id() - 1));
  }
  if (!in_.at_end()) {
    in_.fail_at(in_.offset(), "bytes after the end of the stream", "the end of the file");
  }
}

bool BinaryReader::next(Command& command) {
  if (finished_) {
    return false;
  }
  // Also where an exception ends the reading.
  finished_ = true;
  in_.set_command(checker_.next_id());
  const std::uint64_t begin = in_.offset();
  const unsigned tag = in_.choice(kBodyTags, "kind of command");
  if (tag == kEndTag) {
    in_.set_part("end");
    Problems problems;
    checker_.check_end(problems);
    for (const Problem& problem : problems) {
      in_.fail(problem.message, problem.expected);
    }
    check_end();
    return false;
  }
  command = Command{};
  command.id = checker_.next_id();
  read_command(tag, command);
  Problems problems;
  checker_.check(command, problems);
  base::Diagnostics diagnostics;
  for (const Problem& problem : problems) {
    diagnostics.add(in_.diagnostic(begin, problem.field, problem.message, problem.expected,
                                   problem.suggestion));
  }
  diagnostics.throw_if_any();
  finished_ = false;
  return true;
}

void BinaryReader::read_command(unsigned tag, Command& command) {
  using Body = decltype(Command::body);
  static const std::array<Body, kBodyTags - kFirstBodyTag> kBodies{
      Move{}, ComputeTile{}, VectorCommand{}, Barrier{}, Rendezvous{}, PimProgram{}};
  command.engine = engine();
  const std::int64_t step = in_.integer();
  std::int64_t layer = 0;
  if (__builtin_add_overflow(last_layer_, step, &layer) || layer < 0 ||
      layer > std::numeric_limits<LayerIndex>::max()) {
    in_.fail(fmt::format("a step of {} layers", step), "a layer that the stream has");
  }
  last_layer_ = layer;
  command.layer = static_cast<LayerIndex>(layer);
  const std::uint64_t count = in_.natural(kMostDependencies, "commands to wait for:");
  for (std::uint64_t i = 0; i < count; ++i) {
    Dependency dependency;
    dependency.engine = engine();
    // A distance beyond the first command gives 0, which no command has.
    const std::uint64_t distance = in_.natural();
    dependency.id = distance < command.id ? command.id - distance : 0;
    command.after.push_back(dependency);
  }
  command.body = kBodies[tag - kFirstBodyTag];
  std::visit([this](auto& body) { read(body); }, command.body);
}

void BinaryReader::read(PimProgram& program) {
  if (pim_commands_.empty()) {
    in_.fail_at(in_.offset(), "a PIM program", "a header that describes PIM memories");
  }
  const std::size_t in_file = in_.natural(pim_commands_.size() - 1, "PIM memory");
  program.memory = checker_.pim_memory(in_file);
  const PimMemory& memory = header_.pim_memories[program.memory];
  program.channel = in_.integer();
  program.repetitions = in_.integer();
  program.type = element_type(in_.byte());
  program.result_type = element_type(in_.byte());
  const std::uint64_t steps = in_.natural(kMostPimSteps, "steps:");
  for (std::uint64_t i = 0; i < steps; ++i) {
    program.steps.push_back(pim_step(in_file));
  }
  if (moves_in(program, memory)) {
    program.source = pim_end();
  }
  if (moves_out(program, memory)) {
    program.destination = pim_end();
  }
  program.macs_useful = in_.integer();
}

PimStep BinaryReader::pim_step(std::size_t memory_in_file) {
  PimStep step;
  const std::size_t commands = pim_commands_[memory_in_file];
  if (commands == 0) {
    in_.fail_at(in_.offset(), "a step", "a PIM memory that has commands");
  }
  step.command = checker_.pim_command(memory_in_file, in_.natural(commands - 1, "PIM command"));
  const std::uint64_t begin = in_.offset();
  const unsigned operands = in_.byte();
  step.once = (operands & kOnceFlag) != 0;
  const unsigned flags = operands & ~kOnceFlag;
  for (std::size_t i = 0; i < kPimOperands.size(); ++i) {
    if ((flags >> i & 1U) != 0) {
      step.*kPimOperands[i].value = in_.integer();
    }
  }
  if (given_operands(step) != flags) {
    in_.fail_at(begin, "operands that say nothing", "only those that do");
  }
  return step;
}

PimProgram::End BinaryReader::pim_end() {
  PimProgram::End end;
  end.address = in_.integer();
  for (std::int64_t& stride : end.stride) {
    stride = in_.integer();
  }
  return end;
}

EngineIndex BinaryReader::engine() {
  return checker_.engine(static_cast<EngineIndex>(in_.natural(engines_ - 1, "engine")));
}

Space BinaryReader::space() {
  return checker_.space(space_in_file());
}

Space BinaryReader::space_in_file() {
  Space space;
  space.kind = static_cast<SpaceKind>(in_.choice(kSpaceKinds, "kind of memory"));
  if (space.kind == SpaceKind::kAccumulator) {
    if (engines_ == 0) {
      in_.fail("accumulators", "a stream that has engines");
    }
    space.index = static_cast<EngineIndex>(in_.natural(engines_ - 1, "engine"));
  } else if (space.kind == SpaceKind::kTier) {
    if (tiers_ == 0) {
      in_.fail("a tier", "a stream that has tiers");
    }
    space.index = static_cast<std::uint16_t>(in_.natural(tiers_ - 1, "tier"));
  }
  return space;
}

unsigned BinaryReader::wide_type_number() {
  const unsigned number = in_.byte();
  if (number < kWideType) {
    in_.fail(fmt::format("element type {} in two bytes", number), "the shortest form");
  }
  return number;
}

ElementType BinaryReader::element_type(unsigned number) {
  const std::size_t count = numeric::element_types().size();
  if (number >= count) {
    in_.fail(fmt::format("no element type {}", number), fmt::format("0 to {}", count - 1));
  }
  return static_cast<ElementType>(number);
}

View BinaryReader::view() {
  const std::uint64_t begin = in_.offset();
  View view;
  const unsigned sizes = in_.choice(kDigitCounts * kDigitCounts, "numbers of digits");
  const unsigned char type = in_.byte();
  const bool has_steps = (type & kStepsFlag) != 0;
  const bool has_bounds = (type & kBoundsFlag) != 0;
  const unsigned type_number = type & ~(kStepsFlag | kBoundsFlag);
  view.type = element_type(type_number < kWideType ? type_number : wide_type_number());
  view.space = space();
  view.base = in_.integer();
  view.row.resize(sizes / kDigitCounts);
  view.column.resize(sizes % kDigitCounts);
  for (auto* digits : {&view.row, &view.column}) {
    for (Digit& digit : *digits) {
      digit.extent = in_.integer();
      digit.stride_bits = in_.integer();
    }
  }
  for (auto* digits : {&view.row, &view.column}) {
    for (std::size_t i = 0; has_steps && i < digits->size(); ++i) {
      (*digits)[i].step[0] = in_.integer();
      (*digits)[i].step[1] = in_.integer();
    }
  }
  for (std::size_t i = 0; has_bounds && i < view.bounds.size(); ++i) {
    view.bounds[i].origin = in_.integer();
    view.bounds[i].limit = in_.integer();
  }
  if (has_steps != moves_coordinates(view) || has_bounds == is_unbounded(view)) {
    in_.fail_at(begin, "steps or bounds that say nothing", "only those that do");
  }
  return view;
}

Move::End BinaryReader::end() {
  Move::End end;
  end.space = space();
  end.address = in_.integer();
  for (std::int64_t& stride : end.stride) {
    stride = in_.integer();
  }
  return end;
}

void BinaryReader::read(Move& move) {
  move.source = end();
  move.destination = end();
  for (std::int64_t& count : move.count) {
    count = in_.integer();
  }
  move.row_bytes = in_.integer();
}

void BinaryReader::read(ComputeTile& tile) {
  const unsigned char flags = in_.byte();
  tile.dataflow = dataflow(flags & ~(kAccumulateFlag | kGroupsFlag));
  tile.accumulate = (flags & kAccumulateFlag) != 0;
  tile.m = in_.integer();
  tile.n = in_.integer();
  tile.k = in_.integer();
  if ((flags & kGroupsFlag) != 0) {
    tile.groups = in_.integer();
    if (tile.groups == 1) {
      in_.fail("1 group", "no number of groups where there is one");
    }
  }
  if (has_window(tile)) {
    for (const auto size : kWindowSizes) {
      tile.window.*size = in_.integer();
    }
  }
  tile.a = view();
  tile.b = view();
  tile.c = view();
  if (__builtin_sub_overflow(full_macs(tile), in_.integer(), &tile.macs_useful)) {
    in_.fail("multiply-accumulates out of range", "0 to groups * m * n * k");
  }
}

void BinaryReader::read(VectorCommand& command) {
  command.rows = in_.integer();
  command.columns = in_.integer();
  command.source = view();
  const std::uint64_t count = in_.natural();
  const bool has_macs = (count & kVectorMacsFlag) != 0;
  const std::uint64_t stages = has_macs ? count - kVectorMacsFlag : count;
  if (stages > kMostStages) {
    in_.fail(fmt::format("stages: {}", stages), fmt::format("at most {}", kMostStages));
  }
  for (std::uint64_t i = 0; i < stages; ++i) {
    command.stages.push_back(stage());
  }
  command.destination = view();
  if (has_macs) {
    command.macs_useful = in_.integer();
    if (command.macs_useful == 0) {
      in_.fail("0 multiply-accumulates", "none where there are none");
    }
  }
}

timing::Dataflow BinaryReader::dataflow(unsigned index) {
  const auto& standard = timing::kStandardDataflows;
  if (index < standard.size()) {
    return standard[index];
  }
  if (index != kOwnDataflow) {
    in_.fail(fmt::format("no dataflow {}", index),
             fmt::format("0 to {}, or {}", standard.size() - 1, kOwnDataflow));
  }
  const timing::ParsedDataflow parsed = dataflow_of(in_.text());
  if (!parsed.dataflow) {
    in_.fail(parsed.message, parsed.expected);
  }
  return *parsed.dataflow;
}

VectorStage BinaryReader::stage() {
  const std::uint64_t begin = in_.offset();
  VectorStage stage;
  const unsigned char flags = in_.byte();
  const bool has_operand = (flags & kOperandFlag) != 0;
  const bool has_parameters = (flags & kParametersFlag) != 0;
  const unsigned kind = flags & ~(kOperandFlag | kParametersFlag);
  if (kind >= kVectorKinds) {
    in_.fail(fmt::format("no stage {}", kind), fmt::format("0 to {}", kVectorKinds - 1));
  }
  stage.kind = static_cast<VectorKind>(kind);
  if (has_operand) {
    stage.operand = view();
  }
  for (std::size_t i = 0; has_parameters && i < stage.parameters.size(); ++i) {
    stage.parameters[i] = in_.real();
  }
  if (has_operand == is_default(stage.operand) || has_parameters == is_zero(stage.parameters)) {
    in_.fail_at(begin, "an operand or parameters that say nothing", "only those that do");
  }
  return stage;
}

}  // namespace orrery::command
