// SPDX-License-Identifier: Apache-2.0
#include "workload/onnx_importer.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/yaml.h"
#include "workload/python.h"

namespace orrery::workload {
namespace {

constexpr int kImported = 0;
constexpr int kMistakes = 2;        // a JSON list of them is on standard output
constexpr int kPackageMissing = 3;  // its name is on standard output

std::string text_of(const config::Node& mistake, const std::string& key) {
  const config::Node* value = mistake.find(key);
  return value == nullptr ? "" : value->text();
}

[[noreturn]] void fail_with_mistakes(const std::string& json) {
  std::vector<base::Diagnostic> diagnostics;
  const config::Node mistakes = config::parse_yaml(json, "the importer's answer");
  for (const config::Node& item : mistakes.items()) {
    diagnostics.push_back({{text_of(item, "file"), 0, 0},
                           text_of(item, "key_path"),
                           text_of(item, "message"),
                           text_of(item, "expected"),
                           text_of(item, "suggestion")});
  }
  throw base::UserError(std::move(diagnostics));
}

[[noreturn]] void fail(const OnnxRequest& request, std::string message, std::string expected) {
  throw base::UserError(base::Diagnostic{
      {request.file.string(), 0, 0}, "", std::move(message), std::move(expected), ""});
}

// The last line of what a program that broke off wrote: an exception's own.
std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

bool is_onnx_file(const std::filesystem::path& path) {
  return path.extension() == ".onnx" || path.extension() == ".onnxtxt";
}

std::string import_onnx(const OnnxRequest& request) {
  std::vector<std::string> arguments{request.file.string()};
  for (const auto& [name, size] : request.dimensions) {
    arguments.insert(arguments.end(), {"--dim", fmt::format("{}={}", name, size)});
  }
  for (const std::string& name : request.ignore) {
    arguments.insert(arguments.end(), {"--ignore", name});
  }
  const ProgramOutcome outcome = run_python_module("orrery.onnx_import", arguments);
  const std::string python = python_interpreter();
  const std::string setup = "scripts/setup makes it; ORRERY_PYTHON names another";
  if (!outcome.started || outcome.code == 127) {
    fail(request, fmt::format("ONNX models are read by Python, and '{}' is not there", python),
         "a Python interpreter with the package onnx: " + setup);
  }
  if (outcome.code == kPackageMissing) {
    fail(request, fmt::format("'{}' has no package '{}'", python, last_line(outcome.output)),
         "a Python interpreter with the packages of python/requirements.txt: " + setup);
  }
  if (outcome.code == kMistakes && outcome.output.starts_with("[")) {
    fail_with_mistakes(outcome.output);
  }
  if (outcome.code != kImported) {
    fail(
        request,
        fmt::format("the importer ended with code {}: {}", outcome.code, last_line(outcome.errors)),
        "a model that onnx.checker accepts");
  }
  return outcome.output;
}

}  // namespace orrery::workload
