// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace orrery::lowering {

// What the place of keys and values in banks depends on. Sizes in elements of one type.
struct PimKvShape {
  std::int64_t channels = 1;
  std::int64_t banks = 1;         // of a channel, all of them computing together
  std::int64_t row_elements = 1;  // of one row of one bank
  std::int64_t kv_heads = 1;
  std::int64_t head_size = 1;   // of a key; at most row_elements
  std::int64_t value_size = 1;  // of a value
  // Tokens whose values go into the banks together; divides row_elements. The tokens behind the
  // last whole block of a request have no values in the banks.
  std::int64_t value_block = 1;
};

// Where keys and values of requests lie in a memory that computes in its banks, after NeuPIMs
// (casys-kaist/NeuPIMs f299af3). A request lies in one channel. A tile is one row of every bank.
// Key of token t: bank t mod banks, heads one after the other along as many rows as they take; the
// next `banks` tokens take the next rows. Value of dimension d: bank d mod banks, tokens along the
// row, ceil(value_size / banks) rows a head; the next row_elements tokens take the next rows.
// Rows are counted from the first one of the keys (of the values).
class PimKvLayout {
 public:
  struct Place {
    std::int64_t channel = 0;
    std::int64_t bank = 0;
    std::int64_t row = 0;
    std::int64_t element = 0;  // of the row
    bool operator==(const Place&) const = default;
  };
  struct Request {
    std::int64_t tokens = 1;
    std::int64_t channel = 0;
  };

  // Requests lie in their channels in the order of the list.
  PimKvLayout(const PimKvShape& shape, std::vector<Request> requests);

  [[nodiscard]] const PimKvShape& shape() const { return shape_; }
  [[nodiscard]] const std::vector<Request>& requests() const { return requests_; }

  [[nodiscard]] std::int64_t heads_per_row() const {
    return shape_.row_elements / shape_.head_size;
  }
  // Rows of a bank that one key of all heads takes.
  [[nodiscard]] std::int64_t key_chunks() const;
  [[nodiscard]] std::int64_t key_tiles(std::int64_t request) const;  // ceil(tokens / banks)
  // Rows of a bank that the values of one head take, for row_elements tokens.
  [[nodiscard]] std::int64_t rows_per_head() const;
  // Tokens with values in the banks: whole blocks. The others.
  [[nodiscard]] std::int64_t banked_tokens(std::int64_t request) const;
  [[nodiscard]] std::int64_t staged_tokens(std::int64_t request) const;
  // ceil(banked tokens / row_elements)
  [[nodiscard]] std::int64_t value_chunks(std::int64_t request) const;
  // Tokens of one of them.
  [[nodiscard]] std::int64_t chunk_tokens(std::int64_t request, std::int64_t chunk) const;

  // The first row, in the request's channel, of a tile of keys; of a chunk of a head's values.
  [[nodiscard]] std::int64_t key_row(std::int64_t request, std::int64_t tile) const;
  [[nodiscard]] std::int64_t value_row(std::int64_t request, std::int64_t head,
                                       std::int64_t chunk) const;
  // Of an element of a head's key (value).
  [[nodiscard]] Place key(std::int64_t request, std::int64_t head, std::int64_t token,
                          std::int64_t dimension) const;
  [[nodiscard]] Place value(std::int64_t request, std::int64_t head, std::int64_t token,
                            std::int64_t dimension) const;

  // Where the value of a token lies that is not in the banks by dimension: a block's tokens follow
  // each other, one after the other along a row of each bank, in rows of the request's channel
  // that are counted from the first one of staged values.
  [[nodiscard]] Place staged(std::int64_t request, std::int64_t head, std::int64_t token,
                             std::int64_t dimension) const;
  [[nodiscard]] std::int64_t staging_row(std::int64_t request) const;
  // Rows of a bank that a request takes for them; 0 where every token goes to the banks.
  [[nodiscard]] static std::int64_t staging_rows_of(const PimKvShape& shape);

  // Rows of a bank for all keys (values, staged values), in the fullest channel.
  [[nodiscard]] std::int64_t key_rows() const { return key_rows_; }
  [[nodiscard]] std::int64_t value_rows() const { return value_rows_; }
  [[nodiscard]] std::int64_t staging_rows() const { return staging_rows_; }
  // Rows of a bank that a request of so many tokens takes, keys, values and staged values together.
  [[nodiscard]] static std::int64_t rows_of(const PimKvShape& shape, std::int64_t tokens);

 private:
  [[nodiscard]] const Request& request(std::int64_t index) const {
    return requests_[static_cast<std::size_t>(index)];
  }

  PimKvShape shape_;
  std::vector<Request> requests_;
  std::vector<std::int64_t> first_key_row_;  // by request
  std::vector<std::int64_t> first_value_row_;
  std::vector<std::int64_t> first_staging_row_;
  std::int64_t key_rows_ = 0;
  std::int64_t value_rows_ = 0;
  std::int64_t staging_rows_ = 0;
};

}  // namespace orrery::lowering
