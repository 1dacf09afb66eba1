// SPDX-License-Identifier: Apache-2.0
#include "workload/operator_kinds.h"

#include "workload/elementwise_kinds.h"
#include "workload/graph.h"

namespace orrery::workload {
namespace {

std::string joined(std::string ElementwiseInfo::* member) {
  std::string text;
  for (const ElementwiseInfo& kind : elementwise_kinds()) {
    text += (text.empty() ? "" : ", ") + kind.*member;
  }
  return text;
}

std::string elementwise_names() {
  return joined(&ElementwiseInfo::name);
}

std::string elementwise_formulas() {
  return joined(&ElementwiseInfo::formula);
}

}  // namespace

const std::vector<OperatorKind>& operator_kinds() {
  static const std::vector<OperatorKind> kKinds{
      {"convolution", "",
       "y[n,oh,ow,f] = sum over kh,kw,c of x[n,oh*stride+kh*dilation-pad,...,c] * w[kh,kw,c,f] "
       "+ bias[f], c in the group of f",
       "N*OH*OW*F*KH*KW*C/groups"},
      {"matrix_multiplication", "",
       "y[...,m,n] = alpha * sum over k of a[...,m,k] * b[...,k,n] + beta * bias[n]",
       "elements of y * K"},
      {"attention", "",
       "y = softmax(scale * q * keys^T + mask) * values per head, new keys and values appended to "
       "the cache first where there is one",
       "B*heads*(head_size+value_size)*P; P = sum over t of min(past+t+1, window) causal, T*S "
       "otherwise"},
      {"normalization", "layer, rms",
       "layer: (x - mean) / sqrt(variance + epsilon) * gamma + beta; rms: x / sqrt(mean of squares "
       "+ epsilon) * gamma",
       "0"},
      {"softmax", "", "y[i] = exp(x[i] - max) / sum over j of exp(x[j] - max)", "0"},
      {"elementwise", elementwise_names(), elementwise_formulas(), "0"},
      {"pooling", "maximum, average",
       "maximum or mean of the elements of x under the kernel, padding left out", "0"},
      {"embedding", "seed, position",
       "one row of the table for each token: drawn from the seed, or row past_length + t", "0"},
      {"rotary_embedding", "",
       "pairs (x[i], x[i + head_size/2]) of every head turned by the angle (past_length + t) * "
       "theta^(-2i/head_size)",
       "0"},
      {"select_last", "", "y[b,c] = x[b,T-1,c]", "0"},
      {"transposed_convolution", "",
       "x[n,ih,iw,c] * w[kh,kw,c,f] is added to y[n,ih*stride+kh*dilation-pad,...,f], c in the "
       "group of f",
       "N*F*C/groups*pairs of input position and tap whose output position exists"},
      {"reduction", "sum, mean, maximum, minimum", "over the elements along `axes`", "0"},
      {"reshape", "", "the same elements in another shape; a view that costs nothing", "0"},
      {"transpose", "", "dimension d of y is dimension permutation[d] of x", "0"},
      {"concatenation", "", "the inputs one behind the other along `axis`", "0"},
      {"slice", "", "y[i] = x[starts + i * steps]", "0"},
      {"pad", "", "`before` and `after` elements of `value` around x", "0"},
      {"expand", "", "x repeated along dimensions of size 1", "0"},
      {"gather", "", "y[o,j,i] = x[o,indices[j],i]", "0"},
      {"scatter", "", "y = x, then y[indices[j]] = u[j], or += u[j]", "0"},
      {"channel_affine", "", "y[...,c] = x[...,c] * scale[c] + shift[c]", "0"},
      {"linear_recurrence", "",
       "state = decay * state + key^T * value; y = query * state, token by token", "0"},
      {"expert_gate", "",
       "y[t,j] = softmax of x[t] at the j-th expert chosen for t, over all experts or the chosen",
       "0"},
      {"expert_dispatch", "", "y[i] = x[rows[i]]", "0"},
      {"expert_combine", "", "y[t] = sum over the terms of t of score * source[row]", "0"},
      {"all_reduce", "",
       "y = sum of x over all devices, by a ring of 2 (devices - 1) steps over a link", "0"},
  };
  return kKinds;
}

const std::string& kind_name(const Attributes& attributes) {
  static_assert(std::variant_size_v<Attributes> == 26, "one row above for each alternative");
  return operator_kinds()[attributes.index()].name;
}

}  // namespace orrery::workload
