// SPDX-License-Identifier: Apache-2.0
#include "workload/shape_inference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "workload/matrix_shapes.h"
#include "workload/vector_shapes.h"

namespace orrery::workload {
namespace {

InferredShape wrong(std::string message, std::string expected) {
  return {std::nullopt, std::move(message), std::move(expected)};
}

InferredShape right(Shape shape) {
  return {std::move(shape), "", ""};
}

// The positions at which a window of `kernel` elements fits along one dimension of an image.
// nullopt where there is none.
std::optional<std::int64_t> window_positions(std::int64_t size, std::int64_t pad_before,
                                             std::int64_t pad_after, std::int64_t kernel,
                                             std::int64_t dilation, std::int64_t stride) {
  const std::int64_t span = (kernel - 1) * dilation + 1;
  const std::int64_t room = size + pad_before + pad_after - span;
  return room < 0 ? std::nullopt : std::optional(room / stride + 1);
}

class ShapeInference {
 public:
  ShapeInference(const std::vector<const Tensor*>& inputs, const Shape& tokens)
      : inputs_(inputs), tokens_(tokens) {}

  InferredShape operator()(const Convolution& attributes) const {
    if (auto mistake = filter_mistake(attributes.groups)) {
      return std::move(*mistake);
    }
    const ImageShape x = image_shape(shape(0));
    const Shape& w = shape(1);
    const auto rows = window_positions(x.height, attributes.pad_top, attributes.pad_bottom, w[0],
                                       attributes.dilation_h, attributes.stride_h);
    const auto columns = window_positions(x.width, attributes.pad_left, attributes.pad_right, w[1],
                                          attributes.dilation_w, attributes.stride_w);
    if (!rows || !columns) {
      return wrong(fmt::format("the kernel [{}, {}] does not fit into the image {}", w[0], w[1],
                               shape_text(shape(0))),
                   "a kernel, dilated, of at most the padded image");
    }
    return image(*rows, *columns);
  }

  InferredShape operator()(const TransposedConvolution& attributes) const {
    if (auto mistake = filter_mistake(attributes.groups)) {
      return std::move(*mistake);
    }
    const ImageShape x = image_shape(shape(0));
    const Shape& w = shape(1);
    if (attributes.output_padding_h >= std::max(attributes.stride_h, attributes.dilation_h) ||
        attributes.output_padding_w >= std::max(attributes.stride_w, attributes.dilation_w)) {
      return wrong("the output padding is as large as stride and dilation", "less output padding");
    }
    const std::int64_t rows = (x.height - 1) * attributes.stride_h +
                              (w[0] - 1) * attributes.dilation_h + 1 - attributes.pad_top -
                              attributes.pad_bottom + attributes.output_padding_h;
    const std::int64_t columns = (x.width - 1) * attributes.stride_w +
                                 (w[1] - 1) * attributes.dilation_w + 1 - attributes.pad_left -
                                 attributes.pad_right + attributes.output_padding_w;
    if (rows < 1 || columns < 1) {
      return wrong(fmt::format("padding cuts all {} x {} positions of the output away",
                               rows + attributes.pad_top + attributes.pad_bottom,
                               columns + attributes.pad_left + attributes.pad_right),
                   "less padding");
    }
    return image(rows, columns);
  }

  InferredShape operator()(const MatrixMultiplication& attributes) const {
    const Shape& a = shape(0);
    const Shape& b = shape(1);
    if (attributes.transposed_a && a.size() < 2) {
      return wrong_shape(0, "matrices [..., K, M]");
    }
    const auto product = product_shape(a, b, attributes);
    if (!product) {
      const std::int64_t k = attributes.transposed_a ? a[a.size() - 2] : a.back();
      const std::string wanted =
          attributes.transposed_b ? fmt::format("[N, {}]", k) : fmt::format("[{}, N]", k);
      return wrong_shape(1, b.size() <= 2 ? "a matrix " + wanted
                                          : fmt::format("matrices {}, behind dimensions that are "
                                                        "1 or those of '{}' {}",
                                                        wanted, inputs_[0]->name, shape_text(a)));
    }
    if (has(2) && shape(2) != Shape{product->n}) {
      return wrong_shape(2, fmt::format("a bias [{}]", product->n));
    }
    if (has(2) && attributes.beta == 0.0) {
      return wrong("beta is 0", "another factor, or no bias");
    }
    Shape result;
    for (const ProductShape::Batch& batch : product->batches) {
      result.push_back(batch.count);
    }
    if (a.size() > 1) {
      result.push_back(product->m);
    }
    result.push_back(product->n);
    return right(std::move(result));
  }

  InferredShape operator()(const Attention& attributes) const {
    if (attributes.heads % attributes.kv_heads != 0) {
      return wrong(
          fmt::format("{} heads share {} key-value heads", attributes.heads, attributes.kv_heads),
          "a multiple of the key-value heads");
    }
    if (attributes.window != 0 && !attributes.causal) {
      return wrong("a window without 'causal'", "causal attention");
    }
    const std::size_t count = attributes.cached ? 5 : 3;
    if (inputs_.size() != count) {
      return wrong(fmt::format("{} inputs", inputs_.size()), fmt::format("{}", count));
    }
    const std::int64_t known = attributes.past_length + attributes.query_length;
    if (!attributes.cached && attributes.causal && attributes.key_length != known) {
      return wrong(fmt::format("{} keys for {} queries after {} tokens", attributes.key_length,
                               attributes.query_length, attributes.past_length),
                   fmt::format("{} keys, one for each token, where causal", known));
    }
    const std::int64_t batch = shape(0)[0];
    if (auto mistake = past_mistake(attributes, batch)) {
      return std::move(*mistake);
    }
    if (attributes.channels && (!attributes.past_lengths ||
                                static_cast<std::int64_t>(attributes.channels->size()) != batch)) {
      return wrong(fmt::format("channels of {} sequences", attributes.channels->size()),
                   "one for each sequence, beside past_lengths");
    }
    if (attributes.past_lengths && !attributes.cached) {
      return wrong("lengths of each sequence without a cache", "a cache");
    }
    const std::int64_t keys = attributes.cached ? attributes.query_length : attributes.key_length;
    const std::int64_t size = attributes.head_size;
    const std::int64_t value_size = attributes.value_head_size();
    const std::vector<Shape> wanted{{batch, attributes.query_length, attributes.heads * size},
                                    {batch, keys, attributes.kv_heads * size},
                                    {batch, keys, attributes.kv_heads * value_size},
                                    cache_shape(attributes, batch, size),
                                    cache_shape(attributes, batch, value_size)};
    for (std::size_t i = 0; i < count; ++i) {
      if (shape(i) != wanted[i]) {
        return wrong_shape(i, shape_text(wanted[i]));
      }
    }
    return right({batch, attributes.query_length, attributes.heads * value_size});
  }

  InferredShape operator()(const Normalization& attributes) const {
    const std::size_t wanted = attributes.kind == NormalizationKind::kLayer ? 3 : 2;
    if (inputs_.size() != wanted) {
      return wrong(fmt::format("{} inputs", inputs_.size()), fmt::format("{}", wanted));
    }
    for (std::size_t i = 1; i < wanted; ++i) {
      if (shape(i) != Shape{shape(0).back()}) {
        return wrong_shape(i, shape_text({shape(0).back()}));
      }
    }
    return right(shape(0));
  }

  InferredShape operator()(const Softmax& /*attributes*/) const { return right(shape(0)); }

  InferredShape operator()(const Pooling& attributes) const {
    const Shape& x = shape(0);
    if (x.size() != 4) {
      return wrong_shape(0, "an image [N, H, W, C]");
    }
    // A window of padding alone has neither maximum nor average.
    if (std::max(attributes.pad_top, attributes.pad_bottom) >= attributes.kernel_h ||
        std::max(attributes.pad_left, attributes.pad_right) >= attributes.kernel_w) {
      return wrong("the padding is as large as the kernel", "less padding");
    }
    const auto rows = window_positions(x[1], attributes.pad_top, attributes.pad_bottom,
                                       attributes.kernel_h, 1, attributes.stride_h);
    const auto columns = window_positions(x[2], attributes.pad_left, attributes.pad_right,
                                          attributes.kernel_w, 1, attributes.stride_w);
    if (!rows || !columns) {
      return wrong(fmt::format("the kernel [{}, {}] does not fit into the image {}",
                               attributes.kernel_h, attributes.kernel_w, shape_text(x)),
                   "a kernel of at most the padded image");
    }
    return right({x[0], *rows, *columns, x[3]});
  }

  InferredShape operator()(const Embedding& attributes) const {
    const Shape& table = shape(0);
    if (table.size() != 2) {
      return wrong_shape(0, "a table [rows, width]");
    }
    if (attributes.rows == EmbeddingRows::kPosition) {
      if (tokens_.size() != 2) {
        return wrong(fmt::format("tokens {}", shape_text(tokens_)), "[B, T]");
      }
      if (auto mistake = past_mistake(attributes, tokens_[0])) {
        return std::move(*mistake);
      }
      if (attributes.past_length + tokens_[1] > table[0]) {
        return wrong(
            fmt::format("position {} is not in the table", attributes.past_length + tokens_[1] - 1),
            fmt::format("positions below {}", table[0]));
      }
    }
    Shape result = tokens_;
    result.push_back(table[1]);
    return right(std::move(result));
  }

  InferredShape operator()(const RotaryEmbedding& attributes) const {
    const Shape& x = shape(0);
    if (attributes.head_size % 2 != 0) {
      return wrong(fmt::format("a head size of {}", attributes.head_size), "an even head size");
    }
    if (x.size() != 3 || x[2] != attributes.heads * attributes.head_size) {
      return wrong_shape(0, fmt::format("[B, T, {}]", attributes.heads * attributes.head_size));
    }
    if (auto mistake = past_mistake(attributes, x[0])) {
      return std::move(*mistake);
    }
    return right(x);
  }

  InferredShape operator()(const SelectLast& /*attributes*/) const {
    const Shape& x = shape(0);
    return x.size() == 3 ? right({x[0], x[2]}) : wrong_shape(0, "[B, T, C]");
  }

  // What stands in vector_shapes.h.
  template <class Other>
  InferredShape operator()(const Other& attributes) const {
    return infer(attributes, inputs_);
  }

  InferredShape operator()(const ExpertGate& attributes) const {
    const Shape& logits = shape(0);
    const std::int64_t k = attributes.experts_per_token;
    if (k > logits.back()) {
      return wrong(fmt::format("{} experts for each token of {}", k, logits.back()),
                   "at most as many as there are");
    }
    const auto choices = static_cast<std::int64_t>(attributes.chosen->size());
    const std::int64_t rows = inputs_[0]->elements() / logits.back();
    if (choices != rows * k) {
      return wrong(fmt::format("{} choices of experts", choices), fmt::format("{}", rows * k));
    }
    const auto outside = [&](std::int32_t expert) { return expert < 0 || expert >= logits.back(); };
    if (std::any_of(attributes.chosen->begin(), attributes.chosen->end(), outside)) {
      return wrong("an expert that is not there", fmt::format("0 to {}", logits.back() - 1));
    }
    Shape result = logits;
    result.back() = k;
    return right(std::move(result));
  }

  InferredShape operator()(const ExpertDispatch& attributes) const {
    const std::int64_t columns = shape(0).back();
    const std::int64_t rows = inputs_[0]->elements() / columns;
    const auto outside = [&](std::int64_t row) { return row < 0 || row >= rows; };
    if (attributes.rows->empty() ||
        std::any_of(attributes.rows->begin(), attributes.rows->end(), outside)) {
      return wrong("a row that is not there", fmt::format("at least one of 0 to {}", rows - 1));
    }
    return right({static_cast<std::int64_t>(attributes.rows->size()), columns});
  }

  InferredShape operator()(const ExpertCombine& attributes) const {
    const auto scores = static_cast<std::size_t>(attributes.score_inputs);
    if (scores >= inputs_.size()) {
      return wrong("no source", "at least one");
    }
    Shape result = tokens_;
    result.push_back(shape(scores).back());
    std::int64_t rows = 1;
    for (const std::int64_t size : tokens_) {
      rows *= size;
    }
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const std::int64_t own_rows = inputs_[i]->elements() / shape(i).back();
      if (i < scores ? own_rows != rows : shape(i).back() != result.back()) {
        return wrong_shape(
            i, i < scores ? fmt::format("{} rows", rows) : fmt::format("[..., {}]", result.back()));
      }
    }
    if (static_cast<std::int64_t>(attributes.terms->size()) != rows) {
      return wrong(fmt::format("terms for {} rows", attributes.terms->size()),
                   fmt::format("{}", rows));
    }
    for (const std::vector<CombineTerm>& terms : *attributes.terms) {
      if (std::any_of(terms.begin(), terms.end(),
                      [&](const CombineTerm& term) { return !is_there(term, scores); })) {
        return wrong("a term that names no element of the inputs", "rows and columns of inputs");
      }
    }
    return right(std::move(result));
  }

  InferredShape operator()(const AllReduce& attributes) const {
    const std::int64_t chunk = attributes.chunk(inputs_[0]->elements());
    const Shape exchange{2, 2 * (attributes.devices - 1), chunk};
    if (attributes.devices < 2) {
      return wrong(fmt::format("{} devices", attributes.devices), "at least two");
    }
    if (!numeric::fills_bytes(inputs_[0]->type)) {
      return wrong(fmt::format("elements of {}", numeric::name(inputs_[0]->type)),
                   "elements of whole bytes");
    }
    return shape(1) == exchange ? right(shape(0)) : wrong_shape(1, shape_text(exchange));
  }

 private:
  [[nodiscard]] bool is_there(const CombineTerm& term, std::size_t scores) const {
    const auto source = static_cast<std::size_t>(term.source);
    if (source < scores || source >= inputs_.size() || term.row < 0 ||
        term.row >= inputs_[source]->elements() / shape(source).back()) {
      return false;
    }
    if (term.scores == CombineTerm::kNoScores) {
      return true;
    }
    const auto score = static_cast<std::size_t>(term.scores);
    return score < scores && term.column >= 0 && term.column < shape(score).back();
  }
  // What is wrong with the pasts of an operator on so many sequences.
  template <class Operator>
  [[nodiscard]] static std::optional<InferredShape> past_mistake(const Operator& attributes,
                                                                 std::int64_t batch) {
    const PastLengths& pasts = attributes.past_lengths;
    if (!pasts) {
      return std::nullopt;
    }
    if (static_cast<std::int64_t>(pasts->size()) != batch) {
      return wrong(fmt::format("lengths of {} sequences for a batch of {}", pasts->size(), batch),
                   fmt::format("{} lengths", batch));
    }
    base::require_invariant(
        attributes.past_length == *std::max_element(pasts->begin(), pasts->end()),
        "past_length is that of the longest sequence");
    return std::nullopt;
  }
  [[nodiscard]] bool has(std::size_t index) const { return index < inputs_.size(); }

  // What is wrong with image, weight or bias of a convolution, transposed or not.
  [[nodiscard]] std::optional<InferredShape> filter_mistake(std::int64_t groups) const {
    const Shape& x = shape(0);
    const Shape& w = shape(1);
    if (x.size() != 4 && x.size() != 3) {
      return wrong_shape(0, "an image [N, H, W, C] or [N, L, C]");
    }
    const std::int64_t channels = x.back();
    if (channels % groups != 0) {
      return wrong(fmt::format("{} groups share {} channels", groups, channels),
                   "a divisor of the channels");
    }
    if (w.size() != 4 || w[2] != channels / groups || (x.size() == 3 && w[0] != 1)) {
      return wrong_shape(1, fmt::format("a weight [{}, KW, {}, F]", x.size() == 3 ? "1" : "KH",
                                        channels / groups));
    }
    if (w[3] % groups != 0) {
      return wrong(fmt::format("{} groups share {} filters", groups, w[3]),
                   "a divisor of the filters");
    }
    if (has(2) && shape(2) != Shape{w[3]}) {
      return wrong_shape(2, fmt::format("a bias [{}]", w[3]));
    }
    return std::nullopt;
  }
  // The output of a convolution.
  [[nodiscard]] InferredShape image(std::int64_t rows, std::int64_t columns) const {
    const std::int64_t images = shape(0).front();
    const std::int64_t filters = shape(1).back();
    return right(shape(0).size() == 3 ? Shape{images, columns, filters}
                                      : Shape{images, rows, columns, filters});
  }
  [[nodiscard]] const Shape& shape(std::size_t index) const { return inputs_[index]->shape; }
  [[nodiscard]] InferredShape wrong_shape(std::size_t index, std::string expected) const {
    return wrong(
        fmt::format("input '{}' has the shape {}", inputs_[index]->name, shape_text(shape(index))),
        std::move(expected));
  }

  const std::vector<const Tensor*>& inputs_;
  const Shape& tokens_;
};

struct InputCount {
  std::size_t fewest;
  std::size_t most;
};

constexpr std::size_t kAnyNumber = SIZE_MAX;

// In the order of Attributes.
constexpr std::array<InputCount, std::variant_size_v<Attributes>> kInputCounts{
    {{2, 3}, {2, 3}, {3, 5}, {2, 3}, {1, 1}, {1, 2},    {1, 1},          {1, 1}, {1, 1},
     {1, 1}, {2, 3}, {1, 1}, {1, 1}, {1, 1}, {2, 1024}, {1, 1},          {1, 1}, {1, 1},
     {1, 1}, {2, 2}, {3, 3}, {5, 5}, {1, 1}, {1, 1},    {1, kAnyNumber}, {2, 2}}};

// Elements share their metadata along K of a weight, and nowhere else.
std::optional<InferredShape> block_mistake(const Attributes& attributes,
                                           const std::vector<const Tensor*>& inputs) {
  const auto* product = std::get_if<MatrixMultiplication>(&attributes);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& tensor = *inputs[i];
    if (!numeric::is_block(tensor.type)) {
      continue;
    }
    const std::string& type = numeric::name(tensor.type);
    if (product == nullptr || i != 1 || tensor.role != TensorRole::kWeight) {
      return wrong(fmt::format("'{}' is {}, a block type", tensor.name, type),
                   std::holds_alternative<Embedding>(attributes)
                       ? "a scalar type, as types.embeddings: blocks are for weights of products"
                       : "a scalar type: blocks are for weights of matrix products");
    }
    if (!product->transposed_b) {
      return wrong(fmt::format("'{}' is {} and stored [K, N]", tensor.name, type),
                   "transposed_b: blocks lie along K");
    }
    const int block = numeric::block_elements(tensor.type);
    if (tensor.shape.back() % block != 0) {
      return wrong(fmt::format("'{}' is {} with K = {}", tensor.name, type, tensor.shape.back()),
                   fmt::format("whole blocks of {} elements along K", block));
    }
  }
  return std::nullopt;
}

}  // namespace

std::string shape_text(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

Shape cache_shape(const Attention& attention, std::int64_t batch, std::int64_t head_size) {
  if (attention.past_lengths) {
    return {attention.total_length(static_cast<std::int64_t>(attention.past_lengths->size())),
            attention.kv_heads, head_size};
  }
  return {batch, attention.kv_heads, attention.length(), head_size};
}

InferredShape infer_shape(const Attributes& attributes, const std::vector<const Tensor*>& inputs,
                          const Shape& tokens) {
  const InputCount count = kInputCounts[attributes.index()];
  if (inputs.size() < count.fewest || inputs.size() > count.most) {
    return wrong(fmt::format("{} inputs", inputs.size()),
                 count.fewest == count.most ? fmt::format("{}", count.fewest)
                                            : fmt::format("{} or {}", count.fewest, count.most));
  }
  if (auto mistake = block_mistake(attributes, inputs)) {
    return std::move(*mistake);
  }
  return std::visit(ShapeInference(inputs, tokens), attributes);
}

}  // namespace orrery::workload
