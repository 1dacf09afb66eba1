// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "memory/specification/spec_schema.h"
#include "memory/trace/trace_run.h"

namespace orrery::memory::trace::test {

inline dram::Spec shipped(const std::string& name) {
  return dram::load_spec(std::string(ORRERY_SOURCE_DIR) + "/configs/dram/" + name + ".yaml");
}

// A file of the running test.
inline std::filesystem::path trace_file(const std::string& text,
                                        const std::string& name = "trace") {
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  std::string title = std::string(test->test_suite_name()) + '.' + test->name() + '.' + name;
  std::replace(title.begin(), title.end(), '/', '_');
  std::filesystem::path path = std::filesystem::path(testing::TempDir()) / title;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

inline std::string gzipped(const std::string& text) {
  std::string packed;
  boost::iostreams::filtering_ostream out;
  out.push(boost::iostreams::gzip_compressor());
  out.push(boost::iostreams::back_inserter(packed));
  out << text;
  out.reset();
  return packed;
}

inline TraceLimits limits_of(const dram::Spec& spec, const TraceOptions& options) {
  return {static_cast<std::uint64_t>(options.capacity(spec)),
          static_cast<std::uint64_t>(spec.access_bytes),
          static_cast<std::uint64_t>(options.bytes_of_request(spec))};
}

inline TraceOptions without_refresh() {
  TraceOptions options;
  options.controller.refresh_policy = dram::RefreshPolicyKind::kNone;
  return options;
}

inline TraceResult run(const dram::Spec& spec, const TraceOptions& options, const std::string& text,
                       const std::vector<TraceOutput*>& outputs = {},
                       Pacing pacing = Pacing::kByTrace) {
  TraceReader reader(trace_file(text), limits_of(spec, options), pacing);
  return run_trace(spec, options, reader, outputs);
}

}  // namespace orrery::memory::trace::test
