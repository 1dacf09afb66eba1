// SPDX-License-Identifier: Apache-2.0
#include "functional/table_product.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "command/view.h"
#include "functional/executor.h"
#include "lowering/with_tables.h"
#include "numeric/sum_table.h"
#include "tests/functional/case_maker.h"

namespace orrery::testing {
namespace {

using command::SpaceKind;
using functional::Memory;

ElementType type_of(const std::string& name) {
  for (const numeric::ElementTypeInfo& type : numeric::element_types()) {
    if (type.name == name) {
      return type.type;
    }
  }
  throw std::invalid_argument(name);
}

// One tile with its operands in a scratchpad: a as tables, b as it is stored for the type.
class TableTile {
 public:
  TableTile(base::Random& random, ElementType table, ElementType weights, std::int64_t most)
      : memory_({}, kB + (1 << 16), {1 << 12}, functional::Rounding::kToType) {
    const std::int64_t whole = std::max<std::int64_t>(numeric::granule(weights), 4);
    m_ = random.integer(1, 5);
    n_ = random.integer(1, 6);
    k_ = whole * random.integer(1, 3);
    a_ = values(random, m_ * k_, static_cast<double>(most));
    b_ = values(random, n_ * k_, 200.0);
    memory_.write_tensor({SpaceKind::kScratchpad, 0}, 0, table, k_, a_);
    memory_.write_tensor({SpaceKind::kScratchpad, 0}, kB, weights, k_, b_);
    // Weights as their type holds them.
    b_ = memory_.read_tensor({SpaceKind::kScratchpad, 0}, kB, weights, k_, n_ * k_);
    tile_.dataflow = timing::Dataflow::kOutputStationary;
    tile_.m = m_;
    tile_.n = n_;
    tile_.k = k_;
    tile_.a = command::matrix_view({SpaceKind::kScratchpad, 0}, table, 0, m_, k_,
                                   numeric::row_bytes(table, k_));
    tile_.b = command::matrix_view({SpaceKind::kScratchpad, 0}, weights, kB, n_, k_,
                                   numeric::row_bytes(weights, k_));
    std::swap(tile_.b.row, tile_.b.column);
    tile_.c =
        command::matrix_view({SpaceKind::kAccumulator, 0}, ElementType::kFp32, 0, m_, n_, n_ * 4);
  }

  [[nodiscard]] std::vector<double> product() {
    functional::multiply_tables(memory_, tile_);
    return memory_.read_tensor({SpaceKind::kAccumulator, 0}, 0, ElementType::kFp32, n_, m_ * n_);
  }
  // Of the activations and the dequantized weights.
  [[nodiscard]] std::vector<double> exact() const {
    std::vector<double> result;
    for (std::int64_t m = 0; m < m_; ++m) {
      for (std::int64_t n = 0; n < n_; ++n) {
        double sum = 0.0;
        for (std::int64_t k = 0; k < k_; ++k) {
          sum += at(a_, m * k_ + k) * at(b_, n * k_ + k);
        }
        result.push_back(sum);
      }
    }
    return result;
  }
  // By which the product of a row may be off, for each table's scale of the row.
  [[nodiscard]] double bound(std::int64_t m, double for_each_scale) {
    double scales = 0.0;
    for (std::int64_t k = 0; k < k_; k += 4) {
      const numeric::BlockFormat& format = *numeric::info(tile_.a.type).block;
      const std::int64_t bit = (m * (k_ / 4) + k / 4) * format.bits();
      scales +=
          numeric::read_sum_table(
              format, memory_.space({SpaceKind::kScratchpad, 0}).read_block(bit, tile_.a.type))
              .scale;
    }
    return scales * for_each_scale;
  }
  [[nodiscard]] std::int64_t columns() const { return n_; }

 private:
  static constexpr std::int64_t kB = 1 << 16;

  static std::vector<double> values(base::Random& random, std::int64_t count, double most) {
    std::vector<double> result;
    for (std::int64_t i = 0; i < count; ++i) {
      result.push_back(static_cast<double>(
          random.integer(-static_cast<std::int64_t>(most), static_cast<std::int64_t>(most))));
    }
    return result;
  }
  static double at(const std::vector<double>& values, std::int64_t i) {
    return values[static_cast<std::size_t>(i)];
  }

  Memory memory_;
  std::int64_t m_ = 0, n_ = 0, k_ = 0;
  std::vector<double> a_, b_;
  command::ComputeTile tile_;
};

TEST(TableProduct, EqualsTheDequantizedProductBitByBitWhereTheTableHoldsTheSums) {
  base::Random random(1);
  for (const char* table : {"lut4_int16", "lut4_fp16"}) {
    for (const char* weights : {"int1", "ternary", "int2", "int3", "int4", "int5", "int6", "int7",
                                "int8", "int2_g32_int8", "int4_g32_int8", "int4_g32_int8_zero",
                                "int2_g64_int8_zero", "int8_g32_int8"}) {
      for (int i = 0; i < 10; ++i) {
        TableTile tile(random, type_of(table), type_of(weights), 31);
        EXPECT_EQ(tile.product(), tile.exact()) << table << " x " << weights;
      }
    }
  }
}

TEST(TableProduct, OfRequantizedTablesIsWithinItsBound) {
  base::Random random(2);
  const auto expect_bound = [&](const std::string& weights, double for_each_scale) {
    double nearest = 0.0;
    for (int i = 0; i < 40; ++i) {
      TableTile tile(random, type_of("lut4_int8"), type_of(weights), 1000);
      const std::vector<double> product = tile.product();
      const std::vector<double> exact = tile.exact();
      for (std::size_t j = 0; j < product.size(); ++j) {
        const double bound =
            tile.bound(static_cast<std::int64_t>(j) / tile.columns(), for_each_scale);
        const double error = std::abs(product[j] - exact[j]);
        EXPECT_LE(error, bound * (1 + 1e-6)) << weights;
        nearest = std::max(nearest, error / bound);
      }
    }
    EXPECT_GT(nearest, 0.3) << weights;
  };
  // (2^b - 1) / 2 for signs, 2^b / 4 for others.
  expect_bound("int1", 0.5);
  expect_bound("int2", 1.0);
  expect_bound("int4", 4.0);
  expect_bound("int8", 64.0);
}

TEST(TableProduct, OfPartOfATableIsAFault) {
  Memory memory({}, 1 << 12, {1 << 12});
  command::ComputeTile tile;
  tile.m = tile.n = 1;
  tile.k = 6;
  tile.a.type = type_of("lut4_int8");
  EXPECT_THROW(functional::multiply_tables(memory, tile), functional::MemoryFault);
}

// Products whose activations are given, or come from an element-wise operator that could write
// tables, or are read by someone else, too.
Graph products(CaseMaker& make, ElementType weights) {
  ElementTypes types;
  types.weights = weights;
  types.activations = make.pick<ElementType>({ElementType::kFp16, ElementType::kFp32});
  GraphBuilder builder("tables", types);
  TensorId x = builder.input("x", {make.size(), 4 * make.integer(1, 9)}, {});
  if (make.chance(70)) {
    x = builder.apply("relu", Elementwise{ElementwiseKind::kRelu}, {x}, {});
  }
  PartOptions options;
  options.output_type = ElementType::kFp32;
  MatrixMultiplication attributes;
  attributes.transposed_b = true;
  const std::int64_t columns = make.size();
  const TensorId first = builder.linear("first", x, columns, make.chance(50), options, attributes);
  const TensorId second = builder.linear("second", x, columns, false, options, attributes);
  builder.apply("sum", Elementwise{ElementwiseKind::kAdd}, {first, second}, options);
  if (make.chance(30)) {
    builder.apply("other", Elementwise{ElementwiseKind::kNegate}, {x}, options);
  }
  return builder.finish();
}

// Tables of fp16 hold the sums of the trials' numbers.
SmallMachine look_up_machine(CaseMaker& make) {
  SmallMachine machine = make.machine();
  timing::StepArrayModel steps;
  steps.shape.step = {make.pick<std::int64_t>({1, 2, 3}), make.pick<std::int64_t>({1, 4, 8}), 4};
  steps.shape.sum_blocks = make.pick<std::int64_t>({1, 2});
  steps.a_types = {type_of("lut4_fp16")};
  for (const char* weights : {"int2", "int4", "int8", "int16", "int32"}) {
    steps.b_types.emplace_back(type_of(weights), numeric::code_bits(type_of(weights)));
  }
  machine.steps = steps;
  machine.scratchpad = make.pick<std::int64_t>({4096, 16384, 100000});
  machine.accumulators = make.pick<std::int64_t>({640, 4096, 65536});
  return machine;
}

TEST(TableProduct, OfRandomGraphsGivesTheResultsOfTheNaiveOperatorsWhereverTablesAreMade) {
  int fused = 0;
  int separate = 0;
  int per_tile = 0;
  for (std::uint64_t seed = 0; seed < 240; ++seed) {
    CaseMaker make(seed);
    const ElementType weights =
        make.pick<ElementType>({ElementType::kInt2, ElementType::kInt4, ElementType::kInt8});
    lowering::MappingConfig mapping = make.mapping();
    mapping.dataflow.reset();
    mapping.tables =
        make.pick<lowering::TableForm>({lowering::TableForm::kFused, lowering::TableForm::kSeparate,
                                        lowering::TableForm::kPerTile});
    const SmallMachine machine = look_up_machine(make);
    const Graph given = products(make, weights);
    const Graph graph = lowering::with_tables(given, machine.machine(), mapping);
    try {
      const Trial trial(graph, machine, mapping, seed, functional::Rounding::kToType);
      EXPECT_EQ(trial.check(), "") << "seed " << seed;
    } catch (const base::UserError& error) {
      EXPECT_NE(std::string(error.what()).find("does not fit"), std::string::npos)
          << "seed " << seed << ": " << error.what();
      continue;
    }
    (mapping.tables == lowering::TableForm::kPerTile   ? per_tile
     : graph.operators.size() > given.operators.size() ? separate
                                                       : fused)++;
  }
  EXPECT_GT(fused, 20);
  EXPECT_GT(separate, 60);
  EXPECT_GT(per_tile, 40);
}

}  // namespace
}  // namespace orrery::testing
