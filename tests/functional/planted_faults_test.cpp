// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/functional/matrix_cases.h"
#include "tests/functional/moe_cases.h"
#include "tests/functional/race_checker.h"
#include "tests/functional/random_cases.h"

namespace orrery::testing {
namespace {

using command::Command;
using command::ComputeTile;
using command::Move;
using command::VectorCommand;

constexpr std::uint64_t kStreams = 1200;
constexpr std::uint64_t kMatrixStreams = 1800;
constexpr int kFaultsAStream = 3;  // of each kind

// Spoils one command; false where the command has nothing of that kind.
using Fault = std::function<bool(Command&, base::Random&)>;

template <class Body>
Fault on(std::function<bool(Body&, base::Random&)> spoil) {
  return [spoil](Command& command, base::Random& random) {
    auto* body = std::get_if<Body>(&command.body);
    return body != nullptr && spoil(*body, random);
  };
}

bool drop_dependency(Command& command, base::Random& random) {
  if (command.after.empty()) {
    return false;
  }
  command.after.erase(command.after.begin() +
                      random.integer(0, static_cast<std::int64_t>(command.after.size()) - 1));
  return true;
}

bool shift_move(Move& move, base::Random& random) {
  const bool source = random.integer(0, 1) == 0;
  (source ? move.source : move.destination).address += random.integer(0, 1) == 0 ? 1 : -1;
  return true;
}

bool shift_operand(ComputeTile& tile, base::Random& random) {
  (random.integer(0, 1) == 0 ? tile.a : tile.b).base += random.integer(0, 1) == 0 ? 1 : -1;
  return true;
}

bool swap_operands(ComputeTile& tile, base::Random& /*random*/) {
  if (tile.m * tile.n * tile.k == 1) {
    return false;  // one product: a * b = b * a
  }
  std::swap(tile.a, tile.b);
  return true;
}

// Every group gets the weights of the first one.
bool share_first_group(ComputeTile& tile, base::Random& /*random*/) {
  if (tile.groups == 1 || tile.b.row.front().stride_bits == 0) {
    return false;
  }
  tile.b.row.front().stride_bits = 0;
  return true;
}

bool flip_accumulate(ComputeTile& tile, base::Random& /*random*/) {
  tile.accumulate = !tile.accumulate;
  return true;
}

// The input position of each product (m, k) of a tile.
std::vector<std::array<std::int64_t, 4>> positions(const ComputeTile& tile) {
  const timing::ConvolutionWindow& w = tile.window;
  const std::int64_t channels = tile.k / (w.filter_rows * w.filter_columns);
  std::vector<std::array<std::int64_t, 4>> result;
  for (std::int64_t image = 0; image < w.images; ++image) {
    for (std::int64_t row = 0; row < w.output_rows; ++row) {
      for (std::int64_t column = 0; column < w.output_columns; ++column) {
        for (std::int64_t r = 0; r < w.filter_rows; ++r) {
          for (std::int64_t s = 0; s < w.filter_columns; ++s) {
            for (std::int64_t c = 0; c < channels; ++c) {
              result.push_back({image, row * w.stride_h + r * w.dilation_h,
                                column * w.stride_w + s * w.dilation_w, c});
            }
          }
        }
      }
    }
  }
  return result;
}

// Another stride, dilation or filter, under which products share an input that do not.
bool distort_window(ComputeTile& tile, base::Random& random) {
  if (tile.dataflow != timing::Dataflow::kRowStationary) {
    return false;
  }
  const auto right = positions(tile);
  timing::ConvolutionWindow& w = tile.window;
  switch (random.integer(0, 4)) {
    case 0:
      ++w.stride_h;
      break;
    case 1:
      ++w.stride_w;
      break;
    case 2:
      ++w.dilation_h;
      break;
    case 3:
      ++w.dilation_w;
      break;
    default:
      std::swap(w.filter_rows, w.filter_columns);
  }
  const auto wrong = positions(tile);
  std::map<std::array<std::int64_t, 4>, std::array<std::int64_t, 4>> shared;
  for (std::size_t i = 0; i < right.size(); ++i) {
    if (shared.emplace(wrong[i], right[i]).first->second != right[i]) {
      return true;
    }
  }
  return false;
}

bool shorten_move(Move& move, base::Random& /*random*/) {
  --move.row_bytes;
  return true;
}

bool leave_out_last_product(ComputeTile& tile, base::Random& /*random*/) {
  // Fewer products than whole taps are no window, which would show without any numbers.
  const bool whole_taps = tile.window.filter_rows * tile.window.filter_columns > 1;
  if (tile.k == 1 || whole_taps || tile.a.column.size() != 1 || tile.b.row.size() != 1) {
    return false;
  }
  --tile.k;
  --tile.a.column[0].extent;
  --tile.b.row[0].extent;
  return true;
}

bool leave_out_last_row(VectorCommand& command, base::Random& /*random*/) {
  if (command.rows == 1 || command.source.row.size() != 1 || command.destination.row.size() != 1) {
    return false;
  }
  --command.rows;
  --command.source.row[0].extent;
  --command.destination.row[0].extent;
  for (command::VectorStage& stage : command.stages) {
    if (!stage.operand.row.empty()) {
      --stage.operand.row[0].extent;
    }
  }
  return true;
}

bool wrong_stride(VectorCommand& command, base::Random& /*random*/) {
  command::Digit& digit = command.source.row.front();
  if (digit.extent == 1) {
    return false;
  }
  digit.stride_bits += numeric::bits(command.source.type);
  return true;
}

// Whether some product of a transposed convolution is with a position outside the image.
bool overlaps_or_pads(const workload::TransposedConvolution& c, const workload::Graph& graph,
                      const workload::Operator& op) {
  const auto& weight = graph.tensors[static_cast<std::size_t>(op.inputs[1])].shape;
  return weight[0] != c.stride_h || weight[1] != c.stride_w || c.dilation_h != 1 ||
         c.dilation_w != 1 || c.output_padding_h + c.output_padding_w + c.pad_top + c.pad_left > 0;
}

// Whether every wrong element shows in the outputs: activations, maxima and the choice of the last
// token swallow some, products with padding are 0 whatever the weight, and the only key that a
// query sees has the weight 1 whatever the query, as has the only expert of a token. A row of one
// element has the softmax 1 and is its own mean.
bool hides_nothing(const workload::Graph& graph) {
  for (const workload::Operator& op : graph.operators) {
    const auto* elementwise = std::get_if<workload::Elementwise>(&op.attributes);
    const auto* pooling = std::get_if<workload::Pooling>(&op.attributes);
    const auto* convolution = std::get_if<workload::Convolution>(&op.attributes);
    const auto* attention = std::get_if<workload::Attention>(&op.attributes);
    const auto* transposed = std::get_if<workload::TransposedConvolution>(&op.attributes);
    const bool normalizes = std::holds_alternative<workload::Softmax>(op.attributes) ||
                            std::holds_alternative<workload::Normalization>(op.attributes);
    const auto& shape = graph.tensors[static_cast<std::size_t>(op.inputs[0])].shape;
    if ((normalizes && shape.back() == 1) ||
        (attention != nullptr && attention->past_length == 0) ||
        (transposed != nullptr && overlaps_or_pads(*transposed, graph, op)) ||
        (convolution != nullptr && convolution->pad_top + convolution->pad_left +
                                           convolution->pad_bottom + convolution->pad_right >
                                       0) ||
        std::holds_alternative<workload::SelectLast>(op.attributes) ||
        std::holds_alternative<workload::ExpertGate>(op.attributes) ||
        (elementwise != nullptr && elementwise->kind != workload::ElementwiseKind::kAdd &&
         elementwise->kind != workload::ElementwiseKind::kMultiply) ||
        (pooling != nullptr && pooling->kind == workload::PoolingKind::kMaximum)) {
      return false;
    }
  }
  return true;
}

// Mixtures in which every token's experts show: at least two, none dropped, all of them networks,
// with an activation that swallows nothing. Scores are over all experts: where they are over the
// chosen ones, logits of the others do not count.
bool is_open_mixture(const workload::Graph& graph) {
  for (const workload::MixtureSummary& mixture : graph.mixtures) {
    if (mixture.experts_per_token < 2 || mixture.dropped > 0 ||
        mixture.zero + mixture.copy + mixture.constant > 0) {
      return false;
    }
  }
  return !graph.mixtures.empty() &&
         std::none_of(graph.operators.begin(), graph.operators.end(), [](const auto& op) {
           const auto* elementwise = std::get_if<workload::Elementwise>(&op.attributes);
           const auto* gate = std::get_if<workload::ExpertGate>(&op.attributes);
           return (gate != nullptr && gate->normalized) ||
                  (elementwise != nullptr &&
                   (elementwise->kind == workload::ElementwiseKind::kRelu ||
                    elementwise->kind == workload::ElementwiseKind::kGelu));
         });
}

RandomCase any_case(std::uint64_t seed) {
  return seed < kStreams ? random_case(seed) : matrix_case(seed - kStreams);
}

RandomCase random_mixture_case(std::uint64_t seed) {
  RandomCase one = random_case(seed);
  one.family = "mixture";
  one.graph = random_mixture(seed);
  one.mapping.layers = random_rules(seed, one.graph);
  return one;
}

// Whether the stream has moved the same bytes to the same place before: what this move leaves out
// may still be there. Attention loads keys again for each row block, products a tile for each
// column of tiles where it does not stay in its buffer.
bool is_repeated(const std::vector<Command>& stream, std::size_t index) {
  const auto* move = std::get_if<Move>(&stream[index].body);
  if (move == nullptr) {
    return false;
  }
  const auto same_end = [](const Move::End& a, const Move::End& b) {
    return a.space == b.space && a.address == b.address;
  };
  return std::any_of(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(index),
                     [&](const Command& before) {
                       const auto* other = std::get_if<Move>(&before.body);
                       return other != nullptr && same_end(other->source, move->source) &&
                              same_end(other->destination, move->destination);
                     });
}

struct Tally {
  int tried = 0;
  int caught = 0;
  std::string first_uncaught;
};

using Filter = bool (*)(const workload::Graph&);
using Maker = RandomCase (*)(std::uint64_t seed);

// Plants the fault in random streams and executes each in stream order.
Tally plant(const Fault& fault, Filter filter, Maker make, std::uint64_t streams) {
  Tally tally;
  base::Random random(99);
  for (std::uint64_t seed = 0; seed < streams; ++seed) {
    const RandomCase one = make(seed);
    if (!filter(one.graph)) {
      continue;
    }
    std::optional<Trial> trial;
    try {
      trial.emplace(one.graph, one.machine, one.mapping, seed);
    } catch (const base::UserError&) {
      continue;
    }
    const std::vector<Command> good = trial->commands();
    for (int i = 0; i < kFaultsAStream; ++i) {
      std::vector<Command> bad = good;
      const auto victim =
          static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(bad.size()) - 1));
      if (is_repeated(good, victim) || !fault(bad[victim], random)) {
        continue;
      }
      ++tally.tried;
      const bool caught = !trial->check(bad, 0).empty();
      tally.caught += caught ? 1 : 0;
      if (!caught && tally.first_uncaught.empty()) {
        tally.first_uncaught = one.family + " seed " + std::to_string(seed) + " command " +
                               std::to_string(bad[victim].id);
      }
    }
  }
  return tally;
}

void expect_all_caught(const char* name, const Fault& fault, Filter filter = hides_nothing,
                       Maker make = any_case, std::uint64_t streams = kStreams + kMatrixStreams) {
  const Tally tally = plant(fault, filter, make, streams);
  std::printf("%-24s %4d planted, %4d caught\n", name, tally.tried, tally.caught);
  EXPECT_GT(tally.tried, 40) << name;
  EXPECT_EQ(tally.caught, tally.tried) << name << ": " << tally.first_uncaught;
}

TEST(PlantedFaults, InAddressesAndBoundsAreAllCaught) {
  expect_all_caught("move shifted", on<Move>(shift_move));
  expect_all_caught("move one byte short", on<Move>(shorten_move));
  expect_all_caught("operand shifted", on<ComputeTile>(shift_operand));
  expect_all_caught("last product left out", on<ComputeTile>(leave_out_last_product));
  expect_all_caught("last row left out", on<VectorCommand>(leave_out_last_row));
  expect_all_caught("row stride wrong", on<VectorCommand>(wrong_stride));
}

TEST(PlantedFaults, InOperandsAndSumsAreAllCaught) {
  expect_all_caught("operands swapped", on<ComputeTile>(swap_operands));
  expect_all_caught("accumulate flipped", on<ComputeTile>(flip_accumulate));
  expect_all_caught("groups share weights", on<ComputeTile>(share_first_group));
  expect_all_caught("window distorted", on<ComputeTile>(distort_window), hides_nothing,
                    row_stationary_case);
}

TEST(PlantedFaults, InMixturesOfExpertsAreAllCaught) {
  constexpr std::uint64_t kMixtureStreams = 9000;
  const auto expect = [](const char* name, const Fault& fault) {
    expect_all_caught(name, fault, is_open_mixture, random_mixture_case, kMixtureStreams);
  };
  expect("move shifted", on<Move>(shift_move));
  expect("operand shifted", on<ComputeTile>(shift_operand));
  expect("last product left out", on<ComputeTile>(leave_out_last_product));
}

TEST(PlantedFaults, OnPartitionsAreAllCaught) {
  constexpr std::uint64_t kPartitionedStreams = 800;
  const auto expect = [](const char* name, const Fault& fault) {
    expect_all_caught(name, fault, hides_nothing, partitioned_case, kPartitionedStreams);
  };
  expect("move shifted", on<Move>(shift_move));
  expect("operand shifted", on<ComputeTile>(shift_operand));
  expect("last row left out", on<VectorCommand>(leave_out_last_row));
}

// A dependency may be one too many (another one implies it, or the tracker took the range from the
// first to the last byte for the bytes themselves): leaving it out harms nothing. Those that leave
// two commands racing are needed; executing in random orders finds most of them, the race checker
// all.
TEST(PlantedFaults, OfNeededDependenciesAreCaughtByTheRaceCheckerAndMostlyByExecution) {
  base::Random random(17);
  int planted = 0;
  int needed = 0;
  int executed_wrong = 0;
  int harmless_but_wrong = 0;
  for (std::uint64_t seed = 0; seed < 280; ++seed) {
    const RandomCase one = random_case(seed);
    std::optional<Trial> trial;
    try {
      trial.emplace(one.graph, one.machine, one.mapping, seed);
    } catch (const base::UserError&) {
      continue;
    }
    const std::vector<Command> good = trial->commands();
    for (int i = 0; i < kFaultsAStream; ++i) {
      std::vector<Command> bad = good;
      const auto victim =
          static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(bad.size()) - 1));
      if (!drop_dependency(bad[victim], random)) {
        continue;
      }
      ++planted;
      const bool races = !find_race(bad, trial->plan().header).empty();
      bool wrong = false;
      for (std::uint64_t order = 1; order <= 12 && !wrong; ++order) {
        wrong = !trial->check(bad, order).empty();
      }
      needed += races ? 1 : 0;
      executed_wrong += races && wrong ? 1 : 0;
      harmless_but_wrong += !races && wrong ? 1 : 0;
    }
  }
  std::printf("dependency dropped: %d planted, %d needed, %d of these executed wrong\n", planted,
              needed, executed_wrong);
  EXPECT_GT(needed, 200);
  EXPECT_EQ(harmless_but_wrong, 0);
  EXPECT_GT(executed_wrong * 10, needed * 8);
}

}  // namespace
}  // namespace orrery::testing
