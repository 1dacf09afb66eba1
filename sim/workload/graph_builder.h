// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "workload/graph.h"
#include "workload/shape_inference.h"
#include "workload/types.h"

namespace orrery::workload {

// Where the user asked for a part, and what differs from the workload's element types in it.
struct PartOptions {
  base::SourcePosition where;
  std::string key_path;  // of messages
  std::optional<numeric::ElementType> output_type;
  std::optional<numeric::ElementType> weight_type;
};

// Builds a graph operator by operator, each after those it reads. Names are unique: an operator and
// its output share one, its own weights are called "<operator>.weight" and so on. Mistakes are
// collected with their positions; an operator that cannot be added gives kNoTensor, and whatever
// reads kNoTensor is left out without a further message.
class GraphBuilder {
 public:
  GraphBuilder(std::string graph_name, const ElementTypes& types);

  // A tensor given from outside, of the activations' type unless options.output_type says
  // otherwise.
  TensorId input(const std::string& name, const Shape& shape, const PartOptions& options);
  // Parameters, of the weights' type unless options.weight_type says otherwise.
  TensorId weight(const std::string& name, const Shape& shape, const PartOptions& options);

  // Any operator whose inputs are all there. The shape of the output is inferred; `tokens` as in
  // infer_shape().
  TensorId apply(const std::string& name, const Attributes& attributes,
                 const std::vector<TensorId>& inputs, const PartOptions& options,
                 const Shape& tokens = {});

  // The following add the parameters of the operator too. A weight of a block type is stored [N,
  // K].
  TensorId linear(const std::string& name, TensorId x, std::int64_t columns, bool bias,
                  const PartOptions& options, MatrixMultiplication attributes = {});
  TensorId convolution(const std::string& name, TensorId x, const Convolution& attributes,
                       const Shape& kernel, std::int64_t filters, bool bias,
                       const PartOptions& options);
  TensorId transposed_convolution(const std::string& name, TensorId x,
                                  const TransposedConvolution& attributes, const Shape& kernel,
                                  std::int64_t filters, bool bias, const PartOptions& options);
  TensorId normalization(const std::string& name, TensorId x, const Normalization& attributes,
                         const PartOptions& options);
  // Adds "<name>.key_cache" and "<name>.value_cache" where attributes.cached.
  TensorId attention(const std::string& name, TensorId q, TensorId k, TensorId v,
                     const Attention& attributes, const PartOptions& options);
  // Adds "<name>.exchange".
  TensorId all_reduce(const std::string& name, TensorId x, std::int64_t devices,
                      const PartOptions& options);
  // Adds "<name>.scale" and "<name>.shift".
  TensorId channel_affine(const std::string& name, TensorId x, const PartOptions& options);
  // Adds "<name>.state", of the key-value cache's type.
  TensorId linear_recurrence(const std::string& name, const std::vector<TensorId>& inputs,
                             const LinearRecurrence& attributes, const PartOptions& options);
  // The table [rows, width] is "<name>.weight".
  TensorId embedding(const std::string& name, std::int64_t rows, std::int64_t width,
                     const Shape& tokens, const Embedding& attributes, const PartOptions& options);

  [[nodiscard]] const Tensor& tensor(TensorId id) const;
  // The tensor of that name, or kNoTensor.
  [[nodiscard]] TensorId find(const std::string& name) const;
  void add_mixture(MixtureSummary summary) { graph_.mixtures.push_back(std::move(summary)); }
  void add_note(std::string note) { graph_.notes.push_back(std::move(note)); }
  void report(base::Diagnostic diagnostic) { diagnostics_.add(std::move(diagnostic)); }

  // The workload's seed, for what is drawn while the graph is built.
  void set_seed(std::uint64_t seed) { seed_ = seed; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }

  // The graph, outputs marked: tensors that an operator makes and none reads. Throws
  // base::UserError with every mistake so far.
  [[nodiscard]] Graph finish();

 private:
  // Weight [kernel, channels / groups, filters] and bias, behind x.
  std::vector<TensorId> filter_inputs(const std::string& name, TensorId x, std::int64_t groups,
                                      const Shape& kernel, std::int64_t filters, bool bias,
                                      const PartOptions& options);
  TensorId add_tensor(Tensor tensor, const PartOptions& options);
  TensorId cache(const std::string& name, TensorId q, const Attention& attributes,
                 std::int64_t head_size, const PartOptions& options);
  TensorId vector(const std::string& name, std::int64_t size, const PartOptions& options);

  Graph graph_;
  ElementTypes types_;
  std::map<std::string, TensorId> ids_;
  std::map<TensorId, base::SourcePosition> positions_;
  base::Diagnostics diagnostics_;
  std::uint64_t seed_ = 1;
};

}  // namespace orrery::workload
