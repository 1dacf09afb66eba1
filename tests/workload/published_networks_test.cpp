// SPDX-License-Identifier: Apache-2.0
// The shipped convolutional networks against published counts for one image of 224 x 224.
#include <gtest/gtest.h>

#include "tests/workload/shipped_model.h"

namespace orrery::workload {
namespace {

struct Network {
  std::string file;
  std::int64_t published;  // parameters, with scale and shift of batch normalizations
  std::int64_t folded;     // scales that are part of the filters here
  std::int64_t macs;       // exact sum over the layers; published rounded
};

class PublishedNetwork : public testing::TestWithParam<Network> {};

TEST_P(PublishedNetwork, HasItsParametersLessTheFoldedScales) {
  EXPECT_EQ(describe_model(GetParam().file).total.parameters,
            GetParam().published - GetParam().folded);
}

TEST_P(PublishedNetwork, NeedsItsMacs) {
  EXPECT_EQ(describe_model(GetParam().file).total.macs, GetParam().macs);
}

TEST_P(PublishedNetwork, EndsInAThousandClassesForEachImageOfTheBatch) {
  const GraphDescription description = describe_model(GetParam().file, {"workload.batch=2"});
  EXPECT_EQ(description.operators.back().output_shape, (std::vector<std::int64_t>{2, 1, 1, 1000}));
  EXPECT_EQ(description.total.macs, 2 * GetParam().macs);
}

// Parameters: framework documentation. Multiply-accumulates: the same documentation, rounded, as
// 0.714 G (AlexNet), 15.47 G, 19.63 G (VGG), 3.86 G (ResNet-50, stride in the 1x1).
INSTANTIATE_TEST_SUITE_P(Frameworks, PublishedNetwork,
                         testing::Values(Network{"alexnet", 61'100'840, 0, 714'188'480},
                                         Network{"vgg16", 138'357'544, 0, 15'470'264'320},
                                         Network{"vgg19", 143'667'240, 0, 19'632'062'464},
                                         Network{"resnet18", 11'689'512, 4'800, 1'814'073'344},
                                         Network{"resnet50", 25'557'032, 26'560, 4'089'184'256},
                                         Network{"resnet50_stride_1x1", 25'557'032, 26'560,
                                                 3'857'973'248}),
                         [](const auto& suite) { return suite.param.file; });

}  // namespace
}  // namespace orrery::workload
