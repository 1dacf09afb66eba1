// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/attention_form.h"

namespace orrery::lowering {

const config::EnumTable<AttentionForm>& attention_form_names() {
  using enum AttentionForm;
  static const config::EnumTable<AttentionForm> kNames{
      {"unfused", kUnfused}, {"row_tiled", kRowTiled}, {"one_pass", kOnePass}, {"pim", kPim}};
  return kNames;
}

const config::EnumTable<PimAppend>& pim_append_names() {
  static const config::EnumTable<PimAppend> kNames{{"token", PimAppend::kToken},
                                                   {"block", PimAppend::kBlock}};
  return kNames;
}

const config::EnumTable<CacheLayout>& cache_layout_names() {
  static const config::EnumTable<CacheLayout> kNames{{"plain", CacheLayout::kPlain},
                                                     {"banks", CacheLayout::kBanks}};
  return kNames;
}

const config::EnumTable<requests::ChannelRule>& channel_rule_names() {
  using enum requests::ChannelRule;
  static const config::EnumTable<requests::ChannelRule> kNames{{"round_robin", kRoundRobin},
                                                               {"min_load", kMinLoad}};
  return kNames;
}

config::Node form_key(AttentionForm form) {
  config::Node node = config::Node::map();
  node.set("attention", config::choice(attention_form_names()).write(form));
  return node;
}

}  // namespace orrery::lowering
