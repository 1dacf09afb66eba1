// SPDX-License-Identifier: Apache-2.0
#include "workload/graph_builder.h"

#include <fmt/format.h>

#include <algorithm>

namespace orrery::workload {

GraphBuilder::GraphBuilder(std::string graph_name, const ElementTypes& types) : types_(types) {
  graph_.name = std::move(graph_name);
}

const Tensor& GraphBuilder::tensor(TensorId id) const {
  return graph_.tensors.at(static_cast<std::size_t>(id));
}

TensorId GraphBuilder::find(const std::string& name) const {
  const auto found = ids_.find(name);
  return found == ids_.end() ? kNoTensor : found->second;
}

TensorId GraphBuilder::add_tensor(Tensor tensor, const PartOptions& options) {
  if (const TensorId existing = find(tensor.name); existing != kNoTensor) {
    const base::SourcePosition& first = positions_.at(existing);
    const std::string place = first.line > 0 ? fmt::format(", first at line {}", first.line) : "";
    report({options.where, options.key_path,
            fmt::format("duplicate name '{}'{}", tensor.name, place), "each name once", ""});
    return kNoTensor;
  }
  if (numeric::is_block(tensor.type) && tensor.role != TensorRole::kWeight) {
    report({options.where, options.key_path,
            fmt::format("'{}' is {}, a block type", tensor.name, numeric::name(tensor.type)),
            "a scalar type: blocks are for weights of matrix products", ""});
    return kNoTensor;
  }
  try {
    (void)tensor.elements();
    (void)tensor.bytes();
  } catch (const base::UserError& error) {
    base::Diagnostic diagnostic = error.diagnostics().front();
    diagnostic.where = options.where;
    diagnostic.key_path = options.key_path;
    report(std::move(diagnostic));
    return kNoTensor;
  }
  const auto id = static_cast<TensorId>(graph_.tensors.size());
  ids_.emplace(tensor.name, id);
  positions_.emplace(id, options.where);
  graph_.tensors.push_back(std::move(tensor));
  return id;
}

TensorId GraphBuilder::input(const std::string& name, const Shape& shape,
                             const PartOptions& options) {
  return add_tensor(
      {name, shape, options.output_type.value_or(types_.activations), TensorRole::kInput}, options);
}

TensorId GraphBuilder::weight(const std::string& name, const Shape& shape,
                              const PartOptions& options) {
  return add_tensor(
      {name, shape, options.weight_type.value_or(types_.weights), TensorRole::kWeight}, options);
}

TensorId GraphBuilder::vector(const std::string& name, std::int64_t size,
                              const PartOptions& options) {
  return add_tensor({name, {size}, types_.vector_type(), TensorRole::kWeight}, options);
}

TensorId GraphBuilder::apply(const std::string& name, const Attributes& attributes,
                             const std::vector<TensorId>& inputs, const PartOptions& options,
                             const Shape& tokens) {
  if (std::find(inputs.begin(), inputs.end(), kNoTensor) != inputs.end()) {
    return kNoTensor;
  }
  std::vector<const Tensor*> tensors;
  for (const TensorId id : inputs) {
    tensors.push_back(&tensor(id));
  }
  InferredShape inferred = infer_shape(attributes, tensors, tokens);
  if (!inferred.shape) {
    report({options.where, options.key_path, fmt::format("'{}': {}", name, inferred.message),
            inferred.expected, ""});
    return kNoTensor;
  }
  const TensorId output = add_tensor({name, std::move(*inferred.shape),
                                      std::holds_alternative<Reshape>(attributes)
                                          ? tensors.front()->type
                                          : options.output_type.value_or(types_.activations),
                                      TensorRole::kActivation},
                                     options);
  if (output == kNoTensor) {
    return kNoTensor;
  }
  graph_.operators.push_back({name, attributes, inputs, output, options.where});
  try {
    (void)useful_macs(graph_, graph_.operators.back());
  } catch (const base::UserError& error) {
    base::Diagnostic diagnostic = error.diagnostics().front();
    diagnostic.key_path = options.key_path;
    report(std::move(diagnostic));
    return kNoTensor;
  }
  return output;
}

TensorId GraphBuilder::linear(const std::string& name, TensorId x, std::int64_t columns, bool bias,
                              const PartOptions& options, MatrixMultiplication attributes) {
  if (x == kNoTensor) {
    return kNoTensor;
  }
  // Blocks lie along K.
  attributes.transposed_b |= numeric::is_block(options.weight_type.value_or(types_.weights));
  const Shape& a = tensor(x).shape;
  const std::int64_t inner = attributes.transposed_a && a.size() > 1 ? a[a.size() - 2] : a.back();
  const Shape shape = attributes.transposed_b ? Shape{columns, inner} : Shape{inner, columns};
  std::vector<TensorId> inputs{x, weight(name + ".weight", shape, options)};
  if (bias) {
    inputs.push_back(vector(name + ".bias", columns, options));
  }
  return apply(name, attributes, inputs, options);
}

std::vector<TensorId> GraphBuilder::filter_inputs(const std::string& name, TensorId x,
                                                  std::int64_t groups, const Shape& kernel,
                                                  std::int64_t filters, bool bias,
                                                  const PartOptions& options) {
  // Groups that do not divide the channels are reported when the shape is inferred.
  const std::int64_t channels = std::max<std::int64_t>(tensor(x).shape.back() / groups, 1);
  std::vector<TensorId> inputs{
      x, weight(name + ".weight", {kernel.at(0), kernel.at(1), channels, filters}, options)};
  if (bias) {
    inputs.push_back(vector(name + ".bias", filters, options));
  }
  return inputs;
}

TensorId GraphBuilder::convolution(const std::string& name, TensorId x,
                                   const Convolution& attributes, const Shape& kernel,
                                   std::int64_t filters, bool bias, const PartOptions& options) {
  if (x == kNoTensor) {
    return kNoTensor;
  }
  return apply(name, attributes,
               filter_inputs(name, x, attributes.groups, kernel, filters, bias, options), options);
}

TensorId GraphBuilder::transposed_convolution(const std::string& name, TensorId x,
                                              const TransposedConvolution& attributes,
                                              const Shape& kernel, std::int64_t filters, bool bias,
                                              const PartOptions& options) {
  if (x == kNoTensor) {
    return kNoTensor;
  }
  return apply(name, attributes,
               filter_inputs(name, x, attributes.groups, kernel, filters, bias, options), options);
}

TensorId GraphBuilder::normalization(const std::string& name, TensorId x,
                                     const Normalization& attributes, const PartOptions& options) {
  if (x == kNoTensor) {
    return kNoTensor;
  }
  const std::int64_t width = tensor(x).shape.back();
  std::vector<TensorId> inputs{x, vector(name + ".gamma", width, options)};
  if (attributes.kind == NormalizationKind::kLayer) {
    inputs.push_back(vector(name + ".beta", width, options));
  }
  return apply(name, attributes, inputs, options);
}

TensorId GraphBuilder::cache(const std::string& name, TensorId q, const Attention& attributes,
                             std::int64_t head_size, const PartOptions& options) {
  return add_tensor({name, cache_shape(attributes, tensor(q).shape.front(), head_size),
                     types_.kv_cache, TensorRole::kKeyValueCache},
                    options);
}

TensorId GraphBuilder::attention(const std::string& name, TensorId q, TensorId k, TensorId v,
                                 const Attention& attributes, const PartOptions& options) {
  if (q == kNoTensor || k == kNoTensor || v == kNoTensor) {
    return kNoTensor;
  }
  if (!attributes.cached) {
    return apply(name, attributes, {q, k, v}, options);
  }
  const TensorId keys = cache(name + ".key_cache", q, attributes, attributes.head_size, options);
  const TensorId values =
      cache(name + ".value_cache", q, attributes, attributes.value_head_size(), options);
  return apply(name, attributes, {q, k, v, keys, values}, options);
}

TensorId GraphBuilder::all_reduce(const std::string& name, TensorId x, std::int64_t devices,
                                  const PartOptions& options) {
  if (x == kNoTensor) {
    return kNoTensor;
  }
  const AllReduce attributes{devices};
  const TensorId exchange =
      add_tensor({name + ".exchange",
                  {2, 2 * (devices - 1), attributes.chunk(tensor(x).elements())},
                  tensor(x).type,
                  TensorRole::kState},
                 options);
  return apply(name, attributes, {x, exchange}, options);
}

TensorId GraphBuilder::channel_affine(const std::string& name, TensorId x,
                                      const PartOptions& options) {
  if (x == kNoTensor) {
    return kNoTensor;
  }
  const std::int64_t channels = tensor(x).shape.back();
  return apply(
      name, ChannelAffine{},
      {x, vector(name + ".scale", channels, options), vector(name + ".shift", channels, options)},
      options);
}

TensorId GraphBuilder::linear_recurrence(const std::string& name,
                                         const std::vector<TensorId>& inputs,
                                         const LinearRecurrence& attributes,
                                         const PartOptions& options) {
  if (std::find(inputs.begin(), inputs.end(), kNoTensor) != inputs.end()) {
    return kNoTensor;
  }
  std::vector<TensorId> all = inputs;
  all.push_back(add_tensor({name + ".state",
                            {tensor(inputs.at(0)).shape.front(), attributes.heads,
                             attributes.key_size, attributes.value_size},
                            types_.kv_cache,
                            TensorRole::kState},
                           options));
  return apply(name, attributes, all, options);
}

TensorId GraphBuilder::embedding(const std::string& name, std::int64_t rows, std::int64_t width,
                                 const Shape& tokens, const Embedding& attributes,
                                 const PartOptions& options) {
  PartOptions own = options;
  own.weight_type = options.weight_type.value_or(types_.embedding_type());
  const TensorId table = weight(name + ".weight", {rows, width}, own);
  return apply(name, attributes, {table}, options, tokens);
}

Graph GraphBuilder::finish() {
  diagnostics_.throw_if_any();
  std::vector<bool> is_read(graph_.tensors.size(), false);
  for (const Operator& op : graph_.operators) {
    for (const TensorId id : op.inputs) {
      is_read[static_cast<std::size_t>(id)] = true;
    }
  }
  for (const Operator& op : graph_.operators) {
    const auto output = static_cast<std::size_t>(op.output);
    if (!is_read[output]) {
      graph_.tensors[output].role = TensorRole::kOutput;
    }
  }
  return std::move(graph_);
}

}  // namespace orrery::workload
