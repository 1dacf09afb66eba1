// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/codec.h"
#include "config/node.h"

namespace orrery::workload {

// What to import of an ONNX model.
struct OnnxRequest {
  std::filesystem::path file;
  config::Named<std::int64_t> dimensions;  // sizes of free dimensions, by name
  std::vector<std::string> ignore;         // names of nodes or operators to leave out
};

// Whether a file's name is that of an ONNX model: .onnx, or .onnxtxt for ONNX's textual syntax.
[[nodiscard]] bool is_onnx_file(const std::filesystem::path& path);

// The text of a workload of `kind: graph` that the project's Python package makes of the model.
// Throws base::UserError with the importer's mistakes, and where Python or its package `onnx` is
// not there.
[[nodiscard]] std::string import_onnx(const OnnxRequest& request);

}  // namespace orrery::workload
