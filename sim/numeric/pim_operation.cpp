// SPDX-License-Identifier: Apache-2.0
#include "numeric/pim_operation.h"

namespace orrery::numeric {

const std::vector<std::pair<std::string, PimOperation>>& pim_operation_names() {
  static const std::vector<std::pair<std::string, PimOperation>> kNames{
      {"none", PimOperation::kNone}, {"load_row", PimOperation::kLoadRow},
      {"load", PimOperation::kLoad}, {"dot", PimOperation::kDot},
      {"read", PimOperation::kRead}, {"dot_read", PimOperation::kDotRead}};
  return kNames;
}

}  // namespace orrery::numeric
