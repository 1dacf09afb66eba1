// SPDX-License-Identifier: Apache-2.0
#include "workload/expert_mixture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "workload/types.h"

namespace orrery::workload {
namespace {

using Terms = std::vector<std::vector<CombineTerm>>;

RoutedExperts routed_experts(const ExpertModel& model, const MixtureSettings& settings,
                             const base::SourcePosition& where) {
  const std::int64_t all = model.experts + settings.zero_computation_experts();
  if (model.experts_per_token > all) {
    throw base::UserError(base::Diagnostic{
        settings.where.line > 0 ? settings.where : where, "",
        fmt::format("{} experts for each token of {}", model.experts_per_token, all),
        "at most as many as there are", ""});
  }
  return {model.experts, settings.zero_computation_experts(), model.experts_per_token,
          thousandths(settings.tau)};
}

// One mixture of experts on its way into a graph.
class Mixture {
 public:
  Mixture(const ExpertModel& model, const MixtureSettings& settings, GraphBuilder& builder,
          std::string name, TensorId x, const PartOptions& options)
      : model_(model),
        settings_(settings),
        builder_(builder),
        name_(std::move(name)),
        x_(x),
        width_(builder.tensor(x).shape.back()),
        tokens_(builder.tensor(x).elements() / width_),
        options_(options),
        inner_options_(options),
        score_options_(options) {
    inner_options_.output_type = std::nullopt;
    // Scores are fractions: integers and eight bits are too coarse for them.
    const numeric::ElementType type = builder.tensor(x).type;
    const bool is_fine = numeric::code_bits(type) >= 16 && !numeric::info(type).is_integer;
    score_options_.output_type = is_fine ? type : numeric::ElementType::kFp16;
  }

  TensorId add(std::vector<std::int32_t> chosen) {
    assignment_ = assign_experts(chosen, model_, settings_);
    const TensorId logits = builder_.linear(name_ + ".router", x_,
                                            model_.experts + settings_.zero_computation_experts(),
                                            false, score_options_);
    scores_.push_back(builder_.apply(
        name_ + ".scores",
        ExpertGate{model_.experts_per_token, model_.normalized_scores,
                   std::make_shared<const std::vector<std::int32_t>>(std::move(chosen))},
        {logits}, score_options_));
    add_experts();
    add_constant_experts();
    add_shared_expert();
    builder_.add_mixture(summary());
    return combine();
  }

 private:
  static std::size_t index(std::int64_t value) { return static_cast<std::size_t>(value); }

  struct Weights {
    TensorId gate = kNoTensor, up = kNoTensor, down = kNoTensor;
  };
  // A feed-forward network, what it reads and what it has made so far.
  struct Network {
    std::string name;
    TensorId x = kNoTensor;
    Weights weights;
    TensorId inner = kNoTensor;
    TensorId output = kNoTensor;
  };

  [[nodiscard]] Weights weights(const std::string& part, std::int64_t size) {
    Weights result;
    if (model_.gated) {
      result.gate = builder_.weight(part + ".gate.weight", {width_, size}, inner_options_);
    }
    result.up = builder_.weight(part + ".up.weight", {width_, size}, inner_options_);
    result.down = builder_.weight(part + ".down.weight", {size, width_}, inner_options_);
    return result;
  }

  TensorId product(const std::string& part, TensorId x, TensorId weight,
                   const PartOptions& options) {
    return builder_.apply(part, MatrixMultiplication{}, {x, weight}, options);
  }
  TensorId activate(const Network& network, TensorId x) {
    return builder_.apply(network.name + ".activation", Elementwise{model_.activation}, {x},
                          inner_options_);
  }

  [[nodiscard]] std::size_t products() const { return model_.gated ? 3 : 2; }
  // The products of a network in their order, each with what is done to its elements.
  void add_product(Network& network, std::size_t number) {
    const std::size_t left = products() - number;
    if (left == 3) {
      network.inner = activate(network, product(network.name + ".gate", network.x,
                                                network.weights.gate, inner_options_));
    } else if (left == 2) {
      const TensorId up =
          product(network.name + ".up", network.x, network.weights.up, inner_options_);
      network.inner = model_.gated ? builder_.apply(network.name + ".product",
                                                    Elementwise{ElementwiseKind::kMultiply},
                                                    {network.inner, up}, inner_options_)
                                   : activate(network, up);
    } else {
      network.output =
          product(network.name + ".down", network.inner, network.weights.down, inner_options_);
    }
  }

  // Rows of x one after the other; x itself where those are all its rows.
  [[nodiscard]] TensorId dispatch(const std::string& part,
                                  const std::vector<std::int64_t>& tokens) {
    if (static_cast<std::int64_t>(tokens.size()) == tokens_) {
      return x_;
    }
    PartOptions options = inner_options_;
    options.output_type = builder_.tensor(x_).type;
    return builder_.apply(part + ".dispatch",
                          ExpertDispatch{std::make_shared<const std::vector<std::int64_t>>(tokens)},
                          {x_}, options);
  }

  [[nodiscard]] std::string expert_name(std::int64_t expert) const {
    return fmt::format("{}.expert{}", name_, expert);
  }

  void add_experts() {
    std::vector<Weights> all;
    for (std::int64_t expert = 0; expert < model_.experts; ++expert) {
      all.push_back(weights(expert_name(expert), model_.expert_size));
    }
    for (std::size_t i = 0; i < assignment_.groups.size(); ++i) {
      const ExpertAssignment::Group& group = assignment_.groups[i];
      Network network;
      network.name = expert_name(group.expert);
      if (settings_.order == ExpertOrder::kToken) {
        network.name += fmt::format(".visit{}", i);
      }
      network.x = dispatch(network.name, group.tokens);
      network.weights = all[index(group.expert)];
      networks_.push_back(std::move(network));
    }
    // The products of one expert depend on each other, those of two experts do not: the next
    // expert's first product stands between two of this one, so that what lies between those is
    // stored and loaded again while the array works.
    const std::size_t turns = networks_.empty() ? 0 : networks_.size() + products() - 1;
    for (std::size_t turn = 0; turn < turns; ++turn) {
      for (std::size_t number = 0; number < products(); ++number) {
        if (turn >= number && turn - number < networks_.size()) {
          add_product(networks_[turn - number], number);
        }
      }
    }
  }

  // y = a1 x + a2 v with a = softmax(x * factors) for the tokens of each constant expert.
  void add_constant_experts() {
    const std::int64_t first = model_.experts + settings_.zero_experts + settings_.copy_experts;
    for (std::int64_t expert = first; expert < first + settings_.constant_experts; ++expert) {
      const std::string part = expert_name(expert);
      const TensorId vector = builder_.weight(part + ".vector", {1, width_}, inner_options_);
      const TensorId factors =
          builder_.weight(part + ".factors.weight", {width_, 2}, inner_options_);
      const auto found = assignment_.constant_tokens.find(expert);
      if (found == assignment_.constant_tokens.end()) {
        continue;
      }
      const TensorId x = dispatch(part, found->second);
      const TensorId logits = product(part + ".factors", x, factors, score_options_);
      const TensorId alpha = builder_.apply(part + ".softmax", Softmax{}, {logits}, score_options_);
      const auto count = static_cast<std::int64_t>(found->second.size());
      Terms terms;
      for (std::int64_t row = 0; row < count; ++row) {
        terms.push_back({{1, row, 0, 0}, {2, 0, 0, 1}});
      }
      constant_outputs_[expert] = builder_.apply(part, ExpertCombine{1, share(std::move(terms))},
                                                 {alpha, x, vector}, inner_options_, {count});
    }
  }

  void add_shared_expert() {
    if (model_.shared_size == 0) {
      return;
    }
    if (model_.shared_gate) {
      const std::string gate = name_ + ".shared_gate";
      const TensorId logit = builder_.linear(gate, x_, 1, false, score_options_);
      shared_scores_ = static_cast<std::int32_t>(scores_.size());
      scores_.push_back(builder_.apply(gate + ".sigmoid", Elementwise{ElementwiseKind::kSigmoid},
                                       {logit}, score_options_));
    }
    Network network;
    network.name = name_ + ".shared";
    network.x = x_;
    network.weights = weights(network.name, model_.shared_size);
    for (std::size_t number = 0; number < products(); ++number) {
      add_product(network, number);
    }
    shared_ = network.output;
  }

  static std::shared_ptr<const Terms> share(Terms terms) {
    return std::make_shared<const Terms>(std::move(terms));
  }

  // Index among the inputs of the sum, which are added as they are met.
  std::int32_t source(TensorId tensor) {
    const auto next = static_cast<std::int32_t>(scores_.size() + sources_.size());
    const auto [found, is_new] = source_of_.emplace(tensor, next);
    if (is_new) {
      sources_.push_back(tensor);
    }
    return found->second;
  }

  [[nodiscard]] TensorId output_of(const ExpertAssignment::Choice& choice) {
    switch (choice.kind) {
      case ExpertKind::kFeedForward:
        return networks_[index(choice.source)].output;
      case ExpertKind::kConstant:
        return constant_outputs_[choice.source];
      case ExpertKind::kCopy:
      case ExpertKind::kZero:
        break;
    }
    return x_;
  }

  // The experts of every token in the order of its scores, then the shared expert.
  TensorId combine() {
    Terms terms(index(tokens_));
    for (const ExpertAssignment::Choice& choice : assignment_.choices) {
      terms[index(choice.token)].push_back(
          {source(output_of(choice)), choice.row, 0, choice.column});
    }
    if (shared_ != kNoTensor) {
      for (std::int64_t token = 0; token < tokens_; ++token) {
        terms[index(token)].push_back({source(shared_), token, shared_scores_, 0});
      }
    }
    if (sources_.empty()) {
      sources_.push_back(x_);  // nothing but zeros, in the shape of x
    }
    std::vector<TensorId> inputs = scores_;
    inputs.insert(inputs.end(), sources_.begin(), sources_.end());
    Shape leading = builder_.tensor(x_).shape;
    leading.pop_back();
    return builder_.apply(
        name_, ExpertCombine{static_cast<std::int64_t>(scores_.size()), share(std::move(terms))},
        inputs, options_, leading);
  }

  [[nodiscard]] MixtureSummary summary() const {
    const auto count = [&](ExpertKind kind) {
      return assignment_.choices_of_kind[static_cast<std::size_t>(kind)];
    };
    MixtureSummary result;
    result.name = name_;
    result.tokens = tokens_;
    result.experts_per_token = model_.experts_per_token;
    result.dropped = assignment_.dropped;
    result.zero = count(ExpertKind::kZero);
    result.copy = count(ExpertKind::kCopy);
    result.constant = count(ExpertKind::kConstant);
    result.tokens_per_expert = assignment_.tokens_per_expert;
    return result;
  }

  const ExpertModel& model_;
  const MixtureSettings& settings_;
  GraphBuilder& builder_;
  std::string name_;
  TensorId x_;
  std::int64_t width_;
  std::int64_t tokens_;
  PartOptions options_;        // of the result
  PartOptions inner_options_;  // of what lies between
  PartOptions score_options_;
  ExpertAssignment assignment_;
  std::vector<Network> networks_;  // by group
  std::map<std::int64_t, TensorId> constant_outputs_;
  TensorId shared_ = kNoTensor;
  std::int32_t shared_scores_ = CombineTerm::kNoScores;
  std::vector<TensorId> scores_;
  std::vector<TensorId> sources_;
  std::map<TensorId, std::int32_t> source_of_;
};

}  // namespace

std::int64_t thousandths(double value) {
  return std::max<std::int64_t>(std::llround(value * 1000.0), 1);
}

const config::Schema<MixtureSettings>& MixtureSettings::schema() {
  static const config::Schema<MixtureSettings> kSchema = [] {
    const config::EnumTable<ExpertOrder> orders{{"expert", ExpertOrder::kExpert},
                                                {"token", ExpertOrder::kToken}};
    const auto count = config::integer(0, kMostExperts);
    config::Schema<MixtureSettings> schema("moe", "How tokens are spread over experts.");
    schema
        .optional("routing", &MixtureSettings::routing, config::object(RoutingSettings::schema()),
                  "Where the choice of experts comes from.")
        .optional("capacity_factor", &MixtureSettings::capacity_factor,
                  config::maybe(config::number(0.001, 1e6)),
                  "Places of an expert over its share of a balanced load, in steps of 0.001; left "
                  "out: no bound.")
        .optional("order", &MixtureSettings::order, config::choice(orders),
                  "expert: all tokens of an expert at once, its weights are fetched once; token: "
                  "tokens in their order, weights are fetched whenever the expert changes.")
        .optional("zero_experts", &MixtureSettings::zero_experts, count,
                  "Experts whose output is zero.")
        .optional("copy_experts", &MixtureSettings::copy_experts, count,
                  "Experts whose output is their input.")
        .optional("constant_experts", &MixtureSettings::constant_experts, count,
                  "Experts whose output is a blend of their input and a learned vector.")
        .optional("tau", &MixtureSettings::tau, config::number(0.001, 1000),
                  "Mean weight of a feed-forward expert over that of a zero, copy or constant "
                  "expert, in steps of 0.001.")
        .position(&MixtureSettings::where);
    return schema;
  }();
  return kSchema;
}

MixtureBuilder::MixtureBuilder(const ExpertModel& model, const MixtureSettings& settings,
                               std::int64_t tokens, std::uint64_t workload_seed,
                               const base::SourcePosition& where)
    : model_(model),
      settings_(settings),
      router_(settings.routing, routed_experts(model, settings, where), tokens, workload_seed) {}

TensorId MixtureBuilder::add(GraphBuilder& builder, const std::string& name, TensorId x,
                             std::int64_t layer, const PartOptions& options) {
  if (x == kNoTensor) {
    return kNoTensor;
  }
  return Mixture(model_, settings_, builder, name, x, options).add(router_.next(layer));
}

}  // namespace orrery::workload
