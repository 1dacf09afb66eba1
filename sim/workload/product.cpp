// SPDX-License-Identifier: Apache-2.0
#include "workload/product.h"

namespace orrery::workload {
namespace {

std::int64_t units(const MatrixStorage& matrix, const base::Rational& bits, std::int64_t unit) {
  return base::ceil(bits * matrix.elements / unit) * matrix.rows;
}

}  // namespace

std::int64_t MatrixStorage::bytes() const {
  constexpr std::int64_t kBitsPerByte = 8;
  return units(*this, bits, kBitsPerByte);
}

std::int64_t MatrixStorage::words(std::int64_t word_bits) const {
  return units(*this, buffer_bits, word_bits);
}

}  // namespace orrery::workload
