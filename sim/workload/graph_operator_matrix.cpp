// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "workload/graph_operator_keys.h"

namespace orrery::workload {
namespace {

struct ConvolutionOperator : GraphOperator {
  std::int64_t filters = 1;
  Sizes kernel{1, 1}, stride{1, 1}, padding{0, 0, 0, 0}, dilation{1, 1};
  std::int64_t groups = 1;
  bool bias = false;

  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    const Convolution attributes{.stride_h = stride[0],
                                 .stride_w = stride[1],
                                 .pad_top = padding[0],
                                 .pad_left = padding[1],
                                 .pad_bottom = padding[2],
                                 .pad_right = padding[3],
                                 .dilation_h = dilation[0],
                                 .dilation_w = dilation[1],
                                 .groups = groups};
    builder.convolution(name, x[0], attributes, kernel, filters, bias, options());
  }
};

}  // namespace

config::Kind<GraphOperator> convolution_kind() {
  using Op = ConvolutionOperator;
  config::Schema<Op> schema("convolution", "Convolution of an image [N, H, W, C] or [N, L, C].");
  add_common(schema, 1, 1);
  add_weight_type(schema);
  schema.required("filters", &Op::filters, size_codec(), "Channels of the output.")
      .required("kernel", &Op::kernel, pair(), "Size of the filters.")
      .optional("stride", &Op::stride, pair(), "Distance of neighbouring windows.")
      .optional("padding", &Op::padding, padding(), "Zeros around the image.")
      .optional("dilation", &Op::dilation, pair(), "Distance of neighbouring taps.")
      .optional("groups", &Op::groups, size_codec(),
                "Equal parts of channels and filters; a filter sees the channels of its part.")
      .optional("bias", &Op::bias, config::boolean(), "Whether each filter adds a constant.");
  return config::make_kind<GraphOperator>("convolution", schema);
}

namespace {

struct TransposedConvolutionOperator : GraphOperator {
  std::int64_t filters = 1;
  Sizes kernel{1, 1}, stride{1, 1}, padding{0, 0, 0, 0}, dilation{1, 1}, output_padding{0, 0};
  std::int64_t groups = 1;
  bool bias = false;

  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    const TransposedConvolution attributes{.stride_h = stride[0],
                                           .stride_w = stride[1],
                                           .pad_top = padding[0],
                                           .pad_left = padding[1],
                                           .pad_bottom = padding[2],
                                           .pad_right = padding[3],
                                           .dilation_h = dilation[0],
                                           .dilation_w = dilation[1],
                                           .output_padding_h = output_padding[0],
                                           .output_padding_w = output_padding[1],
                                           .groups = groups};
    builder.transposed_convolution(name, x[0], attributes, kernel, filters, bias, options());
  }
};

}  // namespace

config::Kind<GraphOperator> transposed_convolution_kind() {
  using Op = TransposedConvolutionOperator;
  config::Schema<Op> schema("transposed_convolution",
                            "Transposed convolution of an image [N, H, W, C] or [N, L, C].");
  add_common(schema, 1, 1);
  add_weight_type(schema);
  schema.required("filters", &Op::filters, size_codec(), "Channels of the output.")
      .required("kernel", &Op::kernel, pair(), "Size of the filters.")
      .optional("stride", &Op::stride, pair(), "Distance of what neighbouring inputs reach.")
      .optional("padding", &Op::padding, padding(), "Rows and columns cut from the output.")
      .optional("dilation", &Op::dilation, pair(), "Distance of neighbouring taps.")
      .optional("output_padding", &Op::output_padding, pair(0),
                "Rows and columns more below and on the right, less than stride or dilation.")
      .optional("groups", &Op::groups, size_codec(),
                "Equal parts of channels and filters; a filter sees the channels of its part.")
      .optional("bias", &Op::bias, config::boolean(), "Whether each filter adds a constant.");
  return config::make_kind<GraphOperator>("transposed_convolution", schema);
}

namespace {

struct MatrixMultiplicationOperator : GraphOperator {
  std::optional<std::int64_t> columns;
  bool bias = false;
  bool transposed_a = false;
  bool transposed_b = false;
  double alpha = 1.0, beta = 1.0;

  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    const MatrixMultiplication attributes{transposed_b, transposed_a, alpha, beta};
    if (columns) {
      builder.linear(name, x[0], *columns, bias, options(), attributes);
    } else {
      builder.apply(name, attributes, x, options());
    }
  }
};

// Either one input and a weight of `columns` columns, or two inputs.
void check_product(const MatrixMultiplicationOperator& op, const config::Node& node,
                   config::Reader& reader) {
  if (op.inputs.size() == 1 && !op.columns) {
    reader.error(node.where(), "missing key 'columns'", "an integer, or a second input");
  }
  const std::map<std::string, bool> given{{"columns", op.columns.has_value()},
                                          {"bias", op.bias},
                                          {"weight_type", op.weight_type.has_value()}};
  for (const std::string key : {"columns", "bias", "weight_type"}) {
    if (op.inputs.size() == 2 && given.at(key)) {
      const config::Reader::Scope scope(reader, key);
      reader.error(place_of(node, key), "has no meaning with two inputs", "no such key");
    }
  }
  if (op.beta != 1.0 && !op.bias) {
    const config::Reader::Scope scope(reader, "beta");
    reader.error(place_of(node, "beta"), "has no meaning without a bias", "bias: true");
  }
}

}  // namespace

config::Kind<GraphOperator> matrix_multiplication_kind() {
  using Op = MatrixMultiplicationOperator;
  config::Schema<Op> schema("matrix_multiplication",
                            "The product of matrices [..., M, K] with a weight of its own, or "
                            "with matrices [..., K, N]; leading dimensions are broadcast.");
  add_common(schema, 1, 2);
  add_weight_type(schema);
  schema
      .optional("columns", &Op::columns, config::maybe(size_codec()),
                "Columns of the operator's own weight [K, columns].")
      .optional("bias", &Op::bias, config::boolean(), "Whether each column adds a constant.")
      .optional("transposed_a", &Op::transposed_a, config::boolean(),
                "Whether the matrices of the first input are stored [K, M].")
      .optional("transposed_b", &Op::transposed_b, config::boolean(),
                "Whether those of the second input, or the weight, are stored [N, K].")
      .optional("alpha", &Op::alpha, config::number(-1e6, 1e6), "Factor of the product.")
      .optional("beta", &Op::beta, config::number(-1e6, 1e6), "Factor of the bias.")
      .check(check_product);
  return config::make_kind<GraphOperator>("matrix_multiplication", schema);
}

}  // namespace orrery::workload
