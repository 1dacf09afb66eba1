// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/json.h"
#include "sweep/findings.h"

namespace orrery::sweep {

// The exports of a study. They hold nothing of the host, of attempts or of the order in which
// points were run: the same study gives the same bytes. docs/studies.md describes them.

// The content of study.json.
[[nodiscard]] report::Json study_json(const Findings& findings);

// The content of results.csv: one line a point.
[[nodiscard]] std::string results_csv(const Findings& findings);

// The content of study.md.
[[nodiscard]] std::string study_markdown(const Findings& findings);

// Twelve significant digits, so that the last bit of a logarithm does not tell machines apart.
[[nodiscard]] double rounded(double value);

}  // namespace orrery::sweep
