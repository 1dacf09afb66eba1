// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "workload/shape_inference.h"
#include "workload/workload.h"

namespace orrery::workload {

// A folder of its own for the files of one test.
class WorkloadFiles : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              (std::string(test->test_suite_name()) + "." + test->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  // Loads `text` as a workload file of this folder.
  Workload load(const std::string& text, const std::vector<std::string>& overrides = {}) const {
    std::vector<config::Override> changes;
    for (const std::string& change : overrides) {
      changes.push_back(config::parse_override(change));
    }
    return load_workload(write("workload.yaml", text), changes);
  }

  // The message of the mistake that loading ends in, without the folder's name.
  std::string error_of(const std::string& text,
                       const std::vector<std::string>& overrides = {}) const {
    try {
      (void)load(text, overrides);
    } catch (const base::UserError& error) {
      std::string message = error.what();
      const std::string prefix = folder_.string() + "/";
      for (std::size_t at = message.find(prefix); at != std::string::npos;
           at = message.find(prefix)) {
        message.erase(at, prefix.size());
      }
      return message;
    }
    return "no error";
  }

  std::filesystem::path folder_;
};

inline const Operator& operator_named(const Graph& graph, const std::string& name) {
  for (const Operator& op : graph.operators) {
    if (op.name == name) {
      return op;
    }
  }
  throw std::runtime_error("no operator " + name);
}

inline const Tensor& tensor_of(const Graph& graph, TensorId id) {
  return graph.tensors.at(static_cast<std::size_t>(id));
}

inline const Tensor& tensor_named(const Graph& graph, const std::string& name) {
  for (const Tensor& tensor : graph.tensors) {
    if (tensor.name == name) {
      return tensor;
    }
  }
  throw std::runtime_error("no tensor " + name);
}

}  // namespace orrery::workload
