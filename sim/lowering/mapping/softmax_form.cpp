// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/softmax_form.h"

namespace orrery::lowering {

const config::EnumTable<SoftmaxForm>& softmax_form_names() {
  static const config::EnumTable<SoftmaxForm> kNames{{"three_pass", SoftmaxForm::kThreePass},
                                                     {"two_pass", SoftmaxForm::kTwoPass},
                                                     {"online", SoftmaxForm::kOnline}};
  return kNames;
}

}  // namespace orrery::lowering
