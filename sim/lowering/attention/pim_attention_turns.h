// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "lowering/attention/attention_pim.h"
#include "lowering/layer/scattered_rows.h"

namespace orrery::lowering {

// Gives the emitter the commands of one stage of one request after the other.
class PimAttention::Turns {
 public:
  Turns(const PimAttention& layer, Emitter& emitter);

  void take(const PimTurn& turn);

 private:
  // A request and its buffers.
  struct Place {
    std::int64_t request = 0;
    std::int64_t lane = 0;
    std::int64_t channel = 0;
    std::int64_t tokens = 1;
    std::int64_t first_vector = 0;  // of its vectors, in the channel
    std::int64_t given_query = 0, given_key = 0, given_value = 0;
    std::int64_t query = 0, key = 0, value = 0;
    std::int64_t logits = 0, weights = 0, results = 0, output = 0;
    std::int64_t maxima = 0, totals = 0;
    std::int64_t columns = 0, staged_sums = 0;
    std::int64_t staged = 0;  // tokens without values in the banks
    std::int64_t chunks = 0;  // of the values in the banks
  };
  // One vector of queries: some key-value heads, and of each of them one query head.
  struct Vector {
    std::int64_t number = 0;
    std::int64_t chunk = 0;       // of the heads, by rows of keys
    std::int64_t first_head = 0;  // of keys
    std::int64_t heads = 1;
    std::int64_t member = 0;  // of the query heads of a key-value head
    std::int64_t logits = 0;  // bytes from the first logits of the request
  };
  [[nodiscard]] Place place(const PimTurn& turn) const;
  [[nodiscard]] std::vector<Vector> query_vectors(const Place& at) const;

  void bring(const Place& at);
  void load_queries(const Place& at);
  void load_row(const Place& at, workload::TensorId tensor, std::int64_t bytes,
                std::int64_t buffer);
  void load_waiting_values(const Place& at);
  // Queries into their vectors, the new key and value to where they would have been loaded.
  void convert_inputs(const Place& at);
  void convert(const Place& at, command::View from, command::View to);
  void store_queries(const Place& at);
  void append_key(const Place& at);
  void stage_value(const Place& at);
  void append_values(const Place& at, std::int64_t part);
  void transpose_block(const Place& at);
  // Values of tokens of the request's block, from the first on, where they wait.
  [[nodiscard]] std::vector<ScatteredPiece> staged_pieces(const Place& at, std::int64_t first,
                                                          std::int64_t tokens) const;
  [[nodiscard]] command::Interval staging_rows(const Place& at) const;
  void logits(const Place& at, const Vector& vector);
  [[nodiscard]] command::View logits_view(const Place& at, const Vector& vector) const;
  void softmax(const Place& at, const Vector& vector);
  void integer_softmax(const Place& at, const Vector& vector, const command::View& weights);
  // A column of one number for each head that the vector's queries stand for.
  [[nodiscard]] command::View head_view(numeric::ElementType type, std::int64_t buffer,
                                        const Vector& vector) const;
  void multiply_staged(const Place& at);
  void store_weights(const Place& at);
  void values(const Place& at, std::int64_t head, std::int64_t chunk);
  void add_sums(const Place& at);
  // Whether the result is what the banks gave out.
  [[nodiscard]] bool is_result_of_banks(const Place& at) const;
  void store_result(const Place& at);

  // A program that first takes a vector of the request (numbered, queries first) into the channel's
  // buffer: from its row, which joins `reads`, or that many bytes from the scratchpad.
  [[nodiscard]] command::PimProgram program(const Place& at, std::int64_t number,
                                            std::int64_t buffer, std::int64_t bytes,
                                            std::vector<BankRows>& reads) const;
  void add_vector_piece(const Place& at, std::int64_t number, std::int64_t buffer,
                        std::int64_t bytes, std::vector<ScatteredPiece>& pieces) const;
  void store_vectors(const Place& at, std::int64_t first, std::int64_t count,
                     const std::vector<ScatteredPiece>& pieces);
  void store_pieces(const Place& at, workload::TensorId tensor, const command::Interval& rows,
                    const std::vector<ScatteredPiece>& pieces);
  // On the unit of the lane.
  void vector(const Place& at, command::VectorCommand command);

  const PimAttention& layer_;
  Emitter& emitter_;
  const PimAttentionPlan& plan_;
  const PimKvLayout& layout_;
  const PimKvShape& shape_;
  std::int64_t element_;     // bytes
  std::int64_t tile_bytes_;  // of the results of all banks
};

}  // namespace orrery::lowering
