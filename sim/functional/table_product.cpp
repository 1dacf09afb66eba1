// SPDX-License-Identifier: Apache-2.0
#include "functional/table_product.h"

#include <cmath>
#include <optional>
#include <vector>

#include "functional/view_reader.h"
#include "numeric/sum_table.h"

namespace orrery::functional {
namespace {

using numeric::Code;
using numeric::ScalarFormat;

// The weights of one table, as the array gets them: codes q without a sign, and what makes numbers
// of them, (2 q + offset) / divisor * scale.
struct Weights {
  std::vector<Code> codes;
  double offset = 0.0;
  double divisor = 1.0;
  double scale = 1.0;
};

// Reinterpreted weights q' = 2 q - (2^bits - 1) are odd, so that every bit plane is one of signs.
// A weight q - z is then (q' - z') / 2 with z' = 2 z + 1 - 2^bits; a sign is its q' itself.
class WeightReader {
 public:
  WeightReader(Memory& memory, const command::View& view, std::int64_t rows, std::int64_t columns)
      : reader_(memory, view, rows, columns),
        format_(numeric::info(view.type).format),
        block_(numeric::info(view.type).block) {}

  [[nodiscard]] int bits() const { return format_.bits; }

  [[nodiscard]] Weights read(std::int64_t k, std::int64_t count, std::int64_t n) {
    const bool is_signed =
        format_.kind != ScalarFormat::Kind::kUnsigned && format_.kind != ScalarFormat::Kind::kSign;
    const Code middle = is_signed ? Code{1} << (bits() - 1) : 0;
    Weights weights;
    for (std::int64_t i = 0; i < count; ++i) {
      weights.codes.push_back(reader_.read_code(k + i, n).value_or(0) ^ middle);
    }
    double zero = middle;
    if (block_ != nullptr) {
      const numeric::Block block = *reader_.read_block(k / block_->elements * block_->elements, n);
      weights.scale = std::ldexp(numeric::decode(block_->scale, block.scale), block_->exponent);
      zero = block_->zero_point ? numeric::decode(*block_->zero_point, block.zero_point) : zero;
    }
    if (format_.kind != ScalarFormat::Kind::kSign) {
      weights.offset = -(2 * zero + 1 - std::ldexp(1.0, bits()));
      weights.divisor = 2.0;
    }
    return weights;
  }

 private:
  ViewReader reader_;
  ScalarFormat format_;
  const numeric::BlockFormat* block_;
};

// One bit of each code, the first in bit 0.
std::uint32_t bit_plane(const std::vector<Code>& codes, int plane) {
  std::uint32_t pattern = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    pattern |= (codes[i] >> plane & 1U) << i;
  }
  return pattern;
}

double product(const numeric::SumTable& table, const Weights& weights, int bits) {
  double sum = 0.0;
  for (int plane = 0; plane < bits; ++plane) {
    sum += std::ldexp(table.look_up(bit_plane(weights.codes, plane)), plane);
  }
  // The sum of all activations, once for the zero point.
  const auto all = static_cast<std::uint32_t>(2 * table.entries.size() - 1);
  return (sum + weights.offset * table.look_up(all)) / weights.divisor * table.scale *
         weights.scale;
}

}  // namespace

void multiply_tables(Memory& memory, const command::ComputeTile& tile) {
  const std::int64_t depth = tile.groups * tile.k;
  const numeric::BlockFormat& format = *numeric::info(tile.a.type).block;
  if (tile.k % format.elements != 0) {
    throw MemoryFault("a tile has a part of a table");
  }
  ViewReader a(memory, tile.a, tile.m, depth);
  WeightReader b(memory, tile.b, depth, tile.n);
  ViewReader c(memory, tile.c, tile.m, tile.groups * tile.n);
  for (std::int64_t m = 0; m < tile.m; ++m) {
    std::vector<std::optional<numeric::SumTable>> tables;  // none in the padding
    for (std::int64_t k = 0; k < depth; k += format.elements) {
      const auto block = a.read_block(m, k);
      tables.push_back(block ? std::optional(numeric::read_sum_table(format, *block))
                             : std::nullopt);
    }
    for (std::int64_t n = 0; n < tile.groups * tile.n; ++n) {
      const std::int64_t first = n / tile.n * tile.k;  // of the column's group
      double sum = tile.accumulate ? c.read(m, n).value_or(0.0) : 0.0;
      for (std::int64_t k = first; k < first + tile.k; k += format.elements) {
        const auto& table = tables[static_cast<std::size_t>(k / format.elements)];
        if (table) {
          sum += product(*table, b.read(k, format.elements, n % tile.n), b.bits());
        }
      }
      c.write(m, n, sum);
    }
  }
}

}  // namespace orrery::functional
