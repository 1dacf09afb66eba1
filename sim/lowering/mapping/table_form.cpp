// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/table_form.h"

namespace orrery::lowering {

const config::EnumTable<TableForm>& table_form_names() {
  static const config::EnumTable<TableForm> kNames{{"fused", TableForm::kFused},
                                                   {"separate", TableForm::kSeparate},
                                                   {"per_tile", TableForm::kPerTile}};
  return kNames;
}

}  // namespace orrery::lowering
