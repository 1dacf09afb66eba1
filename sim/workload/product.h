// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/rational.h"
#include "numeric/element_type.h"

namespace orrery::workload {

// A matrix as memory and buffers hold it: rows of elements, each row filled up to whole bytes and,
// in a buffer, to whole words.
struct MatrixStorage {
  std::int64_t rows = 0;
  std::int64_t elements = 0;       // of a row
  base::Rational bits = 0;         // of an element in memory, with its share of metadata
  base::Rational buffer_bits = 0;  // of an element in a buffer

  [[nodiscard]] std::int64_t bytes() const;
  [[nodiscard]] std::int64_t words(std::int64_t word_bits) const;
};

// `count` products [m, k] x [k, n] that follow each other, of which the closed forms of
// sim/analytical say how long they take. What memory moves stands beside m, n and k, because it
// need not follow from them: a convolution reads each element of its input once. With m, n and k 0
// it is an operator that only moves bytes.
struct Product {
  std::string name;
  std::string kind;  // of the operator that it is: "matrix_multiplication"
  std::int64_t count = 1;
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  MatrixStorage inputs;   // the m x k side
  MatrixStorage weights;  // the k x n side
  MatrixStorage outputs;
  numeric::ElementType input_type = numeric::ElementType::kFp16;
  numeric::ElementType weight_type = numeric::ElementType::kFp16;
  base::SourcePosition where;    // where the user's file asked for it
  std::int64_t macs_useful = 0;  // of all of them, by the operator's definition

  [[nodiscard]] bool computes() const { return m > 0; }
};

}  // namespace orrery::workload
