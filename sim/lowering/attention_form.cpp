// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention_form.h"

namespace orrery::lowering {

const config::EnumTable<AttentionForm>& attention_form_names() {
  using enum AttentionForm;
  static const config::EnumTable<AttentionForm> kNames{
      {"unfused", kUnfused}, {"row_tiled", kRowTiled}, {"one_pass", kOnePass}};
  return kNames;
}

config::Node form_key(AttentionForm form) {
  config::Node node = config::Node::map();
  node.set("attention", config::choice(attention_form_names()).write(form));
  return node;
}

}  // namespace orrery::lowering
