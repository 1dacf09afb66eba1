// SPDX-License-Identifier: Apache-2.0
#include "sweep/exports.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orrery;
  return fuzz::answer_document(data, size, [](const config::Node& document, config::Reader&) {
    const sweep::Study study = sweep::read_study(document, "fuzz.yaml");
    base::Diagnostics diagnostics;
    const sweep::FigureSet figures(study, diagnostics);
    diagnostics.throw_if_any();
    std::vector<sweep::Point> points = sweep::expand(study, false);
    // Many points take long and show nothing new.
    constexpr std::size_t kMost = 1000;
    if (points.size() > kMost) {
      return;
    }
    std::vector<sweep::PointOutcome> outcomes(points.size());
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      outcomes[i].status =
          i % 5 == 4 ? sweep::PointStatus::kNotApplicable : sweep::PointStatus::kDone;
      outcomes[i].metrics.assign(study.metrics.size(), static_cast<double>(i) - 1.0);
    }
    const sweep::Findings findings(study, figures, false, std::move(points), std::move(outcomes));
    (void)report::write_json(sweep::study_json(findings));
    (void)sweep::results_csv(findings);
    (void)sweep::study_markdown(findings);
  });
}
