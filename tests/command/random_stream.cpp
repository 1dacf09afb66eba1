// SPDX-License-Identifier: Apache-2.0
#include "tests/command/random_stream.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>
#include <set>
#include <tuple>

#include "command/vector_kinds.h"
#include "numeric/element_type.h"
#include "tests/command/random_pim.h"

namespace orrery::command {
namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

const std::vector<ElementType>& types() {
  static const std::vector<ElementType> kTypes = [] {
    std::vector<ElementType> result;
    for (const auto& info : numeric::element_types()) {
      if (info.block == nullptr) {
        result.push_back(info.type);
      }
    }
    return result;
  }();
  return kTypes;
}

}  // namespace

std::string RandomStream::name() {
  static const std::vector<std::string> kNames{
      "array", "load0", "a b", "",  "end", "1",           "#", "x=y",   "\"quoted\"", "back\\slash",
      "größe", "\n",    "\t",  ",", ":",   "block/0/qkv", "(", "[4:5]", "\x7f\x01",   "日本語"};
  std::string result = pick(kNames);
  for (int i = 0; i < 3; ++i) {
    result += chance(50) ? pick(kNames) : std::to_string(random_.integer(0, 999));
  }
  return result;
}

std::vector<std::string> RandomStream::names(std::int64_t most) {
  std::set<std::string> result;
  const std::int64_t count = random_.integer(1, most);
  while (static_cast<std::int64_t>(result.size()) < count) {
    result.insert(name());
  }
  return {result.begin(), result.end()};
}

StreamHeader RandomStream::header() {
  StreamHeader header;
  header.workload = name();
  header.platform = chance(10) ? "" : name();
  header.seed = chance(10) ? std::numeric_limits<std::uint64_t>::max() : random_.bits();
  header.engines = names(5);
  header.tiers = names(3);
  const std::int64_t layers = random_.integer(1, 6);
  for (std::int64_t i = 0; i < layers; ++i) {
    LayerInfo layer{name(), name(), 0, "", "", ""};
    layer.macs_useful = chance(10) ? kNoLimit : random_.integer(0, 1LL << 40);
    layer.dataflow = chance(50) ? "ws" : "";
    layer.tiling = chance(50) ? name() : "";
    layer.limited_by = chance(50) ? name() : "";
    header.layers.push_back(layer);
  }
  for (std::int64_t i = random_.integer(-4, 4); i > 0; --i) {
    header.rendezvous.push_back(random_.bits());
  }
  std::sort(header.rendezvous.begin(), header.rendezvous.end());
  header.pim_memories = RandomPim(random_).memories(header.tiers.size());
  return header;
}

// The commands, by place, that are the header's rendezvous.
std::map<std::size_t, std::uint64_t> RandomStream::places_to_meet(const StreamHeader& header,
                                                                  std::size_t count) {
  std::set<std::size_t> places;
  while (places.size() < header.rendezvous.size()) {
    places.insert(
        static_cast<std::size_t>(random_.integer(0, static_cast<std::int64_t>(count) - 1)));
  }
  std::map<std::size_t, std::uint64_t> result;
  for (const std::size_t place : places) {
    const std::size_t number = result.size();
    result[place] = header.rendezvous[number];
  }
  return result;
}

// Mostly small, sometimes with many factors, sometimes large.
std::int64_t RandomStream::size() {
  static const std::vector<std::int64_t> kSizes{1, 1, 2, 3, 7, 16, 36, 64, 100, 360, 1024, 65'536};
  return pick(kSizes);
}

double RandomStream::parameter() {
  static const std::vector<double> kValues{0.0,
                                           -0.0,
                                           1.0,
                                           -1.0,
                                           0.1,
                                           1e-5,
                                           1e4,
                                           1e22,
                                           1e23,
                                           1.0 / 3.0,
                                           std::numbers::pi,
                                           std::numeric_limits<double>::max(),
                                           std::numeric_limits<double>::lowest(),
                                           std::numeric_limits<double>::min(),
                                           std::numeric_limits<double>::denorm_min(),
                                           9007199254740993.0};
  return chance(50) ? pick(kValues) : (random_.real() - 0.5) * 1e6;
}

// Digits whose extents multiply to the count.
RandomStream::Digits RandomStream::digits(std::int64_t count, ElementType type) {
  const std::int64_t unit = std::gcd(numeric::bits(type), 8);
  Digits result;
  if (count == 1 && chance(30)) {
    return result;
  }
  while (result.size() < 4 && (count > 1 || result.empty())) {
    std::int64_t extent = count;
    for (const std::int64_t factor : {2, 3, 5}) {
      if (result.size() < 3 && count % factor == 0 && chance(30)) {
        extent = factor;
        break;
      }
    }
    Digit digit;
    digit.extent = extent;
    digit.stride_bits = chance(20) ? 0 : unit * random_.integer(-1000, 1'000'000);
    if (chance(20)) {
      digit.step = {random_.integer(-3, 3), random_.integer(-3, 3)};
    }
    count /= extent;
    result.push_back(digit);
  }
  return result;
}

View RandomStream::view(const Space& space, ElementType type, std::int64_t rows,
                        std::int64_t columns) {
  View view;
  view.space = space;
  view.type = type;
  view.base = chance(10) ? -(1LL << 50) : random_.integer(-1000, 1LL << 40);
  view.row = digits(rows, type);
  view.column = digits(columns, type);
  for (Bound& bound : view.bounds) {
    if (chance(20)) {
      bound.origin = random_.integer(-5, 1000);
    }
    if (chance(20)) {
      bound.limit = random_.integer(1, 1000);
    }
  }
  return view;
}

Space RandomStream::on_chip(const StreamHeader& header) {
  const auto last = static_cast<std::int64_t>(header.engines.size()) - 1;
  return chance(50)
             ? Space{}
             : Space{SpaceKind::kAccumulator, static_cast<std::uint16_t>(random_.integer(0, last))};
}

Move RandomStream::move(const StreamHeader& header) {
  const auto tier = [&] {
    const auto last = static_cast<std::int64_t>(header.tiers.size()) - 1;
    return Space{SpaceKind::kTier, static_cast<std::uint16_t>(random_.integer(0, last))};
  };
  Move move;
  move.source.space = tier();
  move.destination.space = chance(30) ? tier() : Space{};
  if (chance(50)) {
    std::swap(move.source, move.destination);
  }
  for (std::int64_t& count : move.count) {
    count = chance(50) ? 1 : std::min<std::int64_t>(size(), 1024);
  }
  move.row_bytes = chance(5) ? 1LL << 18 : size();  // 2^10 * 2^10 * 2^10 * 2^18 = 2^48
  if (chance(5)) {
    move.count = {1, 1, 1};
    move.row_bytes = 1LL << 40;
  }
  for (Move::End* end : {&move.source, &move.destination}) {
    end->address = chance(10) ? 1LL << 54 : random_.integer(0, 1LL << 33);
    for (std::int64_t& stride : end->stride) {
      stride = chance(50) ? 0 : random_.integer(-100, 1 << 20);
    }
  }
  return move;
}

// m outputs and k products in some arrangement.
void RandomStream::set_window(ComputeTile& tile) {
  timing::ConvolutionWindow& window = tile.window;
  window.output_columns = tile.m;
  if (chance(60) && tile.m <= 1 << 12) {
    window.output_columns = random_.integer(1, 5);
    window.output_rows = tile.m;
    window.images = random_.integer(1, 2);
    tile.m *= window.output_columns * window.images;
  }
  if (chance(60) && tile.k <= 1 << 12) {
    window.filter_rows = random_.integer(1, 3);
    window.filter_columns = random_.integer(1, 3);
    tile.k *= window.filter_rows * window.filter_columns;
  }
  for (std::int64_t* step :
       {&window.stride_h, &window.stride_w, &window.dilation_h, &window.dilation_w}) {
    *step = chance(50) ? 1 : random_.integer(1, 1 << 20);
  }
}

ComputeTile RandomStream::tile(EngineIndex engine) {
  ComputeTile tile;
  tile.dataflow = chance(10)
                      ? timing::parse_dataflow("own", "k by rows, n by columns, m").dataflow.value()
                      : timing::kStandardDataflows[static_cast<std::size_t>(random_.integer(0, 3))];
  tile.m = size();
  tile.n = size();
  tile.k = size();
  if (tile.dataflow == timing::Dataflow::kRowStationary) {
    set_window(tile);
  }
  // The products of all groups together stay within the reader's limit.
  const bool large = tile.m * tile.n * tile.k > 1LL << 44;
  tile.groups = large || chance(60) ? 1 : random_.integer(1, 9);
  tile.a = view({}, pick(types()), tile.m, tile.groups * tile.k);
  tile.b = view({}, pick(types()), tile.groups * tile.k, tile.n);
  tile.c =
      view({SpaceKind::kAccumulator, engine}, chance(50) ? ElementType::kInt32 : ElementType::kFp32,
           tile.m, tile.groups * tile.n);
  tile.accumulate = chance(50);
  const std::int64_t macs = tile.groups * tile.m * tile.n * tile.k;
  tile.macs_useful = chance(70) ? macs : random_.integer(0, macs);
  return tile;
}

VectorCommand RandomStream::vector(const StreamHeader& header) {
  VectorCommand command;
  command.rows = size();
  command.columns = size();
  std::int64_t columns = command.columns;
  command.source = view(on_chip(header), pick(types()), command.rows, columns);
  const std::int64_t stages = random_.integer(0, 5);
  for (std::int64_t i = 0; i < stages; ++i) {
    VectorStage stage;
    stage.kind = static_cast<VectorKind>(random_.integer(0, 36));
    if (stage.kind == VectorKind::kRotary && columns % 2 != 0) {
      stage.kind = VectorKind::kCopy;
    }
    const bool needed = takes_operand(stage.kind);
    if (needed) {
      stage.operand = view(on_chip(header), pick(types()), command.rows, columns);
    } else if (chance(10)) {
      stage.operand = view(on_chip(header), pick(types()), size(), size());
    }
    for (double& value : stage.parameters) {
      value = chance(50) ? 0.0 : parameter();
    }
    if (is_reduction(stage.kind)) {
      columns = 1;
    }
    command.stages.push_back(stage);
  }
  command.destination = view(on_chip(header), pick(types()), command.rows, columns);
  if (chance(30)) {
    command.macs_useful = random_.integer(0, command.rows * command.columns);
  }
  return command;
}

std::vector<Command> RandomStream::commands(const StreamHeader& header, std::size_t count) {
  std::vector<Command> result;
  const std::map<std::size_t, std::uint64_t> meetings = places_to_meet(header, count);
  for (std::size_t i = 0; i < count; ++i) {
    Command command;
    command.id = i + 1;
    command.engine = static_cast<EngineIndex>(
        random_.integer(0, static_cast<std::int64_t>(header.engines.size()) - 1));
    command.layer = static_cast<LayerIndex>(
        random_.integer(0, static_cast<std::int64_t>(header.layers.size()) - 1));
    for (std::int64_t j = random_.integer(0, 8); j > 0 && !result.empty(); --j) {
      const Command& earlier = pick(result);
      if (!is_for_sequencer(earlier)) {
        command.after.push_back({earlier.engine, earlier.id});
      }
    }
    switch (random_.integer(header.pim_memories.empty() ? 0 : -2, 9)) {
      case -2:
      case -1:
        command.body = RandomPim(random_).program(header);
        command.engine = RandomPim::engine(std::get<PimProgram>(command.body), header);
        break;
      case 0:
        command.body = Barrier{};
        break;
      case 1:
      case 2:
      case 3:
        command.body = move(header);
        break;
      case 4:
      case 5:
      case 6:
        command.body = tile(command.engine);
        break;
      default:
        command.body = vector(header);
    }
    if (const auto meeting = meetings.find(i); meeting != meetings.end()) {
      command.body = Rendezvous{meeting->second};
    }
    result.push_back(std::move(command));
  }
  return result;
}

namespace {

bool same(const View& left, const View& right) {
  const auto bounds = [](const View& view) {
    return std::tuple(view.bounds[0].origin, view.bounds[0].limit, view.bounds[1].origin,
                      view.bounds[1].limit);
  };
  return left.space == right.space && left.type == right.type && left.base == right.base &&
         left.row == right.row && left.column == right.column && bounds(left) == bounds(right);
}

bool same(const VectorStage& left, const VectorStage& right) {
  for (std::size_t i = 0; i < left.parameters.size(); ++i) {
    if (std::bit_cast<std::uint64_t>(left.parameters[i]) !=
        std::bit_cast<std::uint64_t>(right.parameters[i])) {
      return false;
    }
  }
  return left.kind == right.kind && same(left.operand, right.operand);
}

bool same(const Move::End& left, const Move::End& right) {
  return left.space == right.space && left.address == right.address && left.stride == right.stride;
}

bool same_body(const Move& left, const Move& right) {
  return same(left.source, right.source) && same(left.destination, right.destination) &&
         left.count == right.count && left.row_bytes == right.row_bytes;
}

bool same_body(const ComputeTile& left, const ComputeTile& right) {
  return left.dataflow == right.dataflow && left.m == right.m && left.n == right.n &&
         left.k == right.k && left.groups == right.groups && left.window == right.window &&
         same(left.a, right.a) && same(left.b, right.b) && same(left.c, right.c) &&
         left.accumulate == right.accumulate && left.macs_useful == right.macs_useful;
}

bool same_body(const VectorCommand& left, const VectorCommand& right) {
  return left.rows == right.rows && left.columns == right.columns &&
         same(left.source, right.source) && same(left.destination, right.destination) &&
         left.macs_useful == right.macs_useful &&
         std::equal(left.stages.begin(), left.stages.end(), right.stages.begin(),
                    right.stages.end(),
                    [](const VectorStage& a, const VectorStage& b) { return same(a, b); });
}

bool same_body(const Rendezvous& left, const Rendezvous& right) {
  return left.number == right.number;
}

bool same_body(const Barrier& /*left*/, const Barrier& /*right*/) {
  return true;
}

}  // namespace

bool same(const StreamHeader& left, const StreamHeader& right) {
  const auto layer = [](const LayerInfo& info) {
    return std::tie(info.name, info.kind, info.macs_useful, info.dataflow, info.tiling,
                    info.limited_by);
  };
  const auto rest = [](const StreamHeader& header) {
    return std::tie(header.workload, header.platform, header.seed, header.engines, header.tiers,
                    header.uses, header.rendezvous, header.pim_memories);
  };
  return rest(left) == rest(right) &&
         std::equal(left.layers.begin(), left.layers.end(), right.layers.begin(),
                    right.layers.end(),
                    [&](const LayerInfo& a, const LayerInfo& b) { return layer(a) == layer(b); });
}

bool same(const Command& left, const Command& right) {
  return left.id == right.id && left.engine == right.engine && left.layer == right.layer &&
         std::equal(left.after.begin(), left.after.end(), right.after.begin(), right.after.end()) &&
         left.body.index() == right.body.index() &&
         std::visit(
             [&](const auto& body) {
               return same_body(body, std::get<std::decay_t<decltype(body)>>(right.body));
             },
             left.body);
}

}  // namespace orrery::command
