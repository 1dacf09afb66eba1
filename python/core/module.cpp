// SPDX-License-Identifier: Apache-2.0
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/data_folders.h"
#include "cli/program.h"
#include "command/text_form.h"
#include "node_conversion.h"
#include "report/build_info.h"
#include "report/csv.h"
#include "report/result_json.h"
#include "scenario/config_search.h"
#include "scenario/packed_point.h"
#include "scenario/scenario.h"
#include "scenario/scenario_run.h"
#include "scenario/stream_input.h"

namespace orrery::python {
namespace {

namespace py = pybind11;

// SystemC has one simulation context in a process: runs take turns.
std::mutex& simulation_turn() {
  static std::mutex mutex;
  return mutex;
}

// A run that Python's signals end, and that lets other threads go on meanwhile.
class InterruptibleRun {
 public:
  explicit InterruptibleRun(std::optional<double> limit_seconds) {
    options_.limit_seconds = limit_seconds;
    options_.interrupt = &interrupted_;
    options_.progress = [this](const platform::Progress&) {
      const py::gil_scoped_acquire acquired;
      interrupted_ = interrupted_ || PyErr_CheckSignals() != 0;
    };
  }

  // Call with the interpreter's lock held, which is released meanwhile.
  template <class Work>
  [[nodiscard]] platform::RunOutput run(const Work& work) {
    std::optional<platform::RunOutput> output;
    {
      const py::gil_scoped_release released;
      const std::lock_guard turn(simulation_turn());
      output = work(options_);
    }
    if (interrupted_) {
      throw py::error_already_set();
    }
    return std::move(*output);
  }

 private:
  std::atomic<bool> interrupted_ = false;
  platform::RunOptions options_;
};

py::dict texts_of(const platform::RunOutput& output, const std::string& resolved,
                  const std::string& loops) {
  const metrics::RunResult& result = output.result;
  for (const metrics::Invariant& invariant : result.invariants) {
    base::require_invariant(invariant.holds, invariant.name, invariant.detail);
  }
  py::dict texts;
  texts["result"] = report::write_json(report::result_json(result));
  texts["layers"] = report::layers_csv(result);
  texts["activity"] = report::activity_csv(result);
  texts["host"] = report::write_json(report::host_json(output.host));
  texts["resolved"] = resolved;
  texts["loops"] = loops;
  return texts;
}

scenario::Scenario scenario_of(const py::dict& document, const py::dict& settings) {
  scenario::ScenarioRequest request;
  request.document = to_node(document, "configuration");
  for (const auto& [path, value] : settings) {
    const auto name = py::str(path).cast<std::string>();
    request.overrides.push_back({name, to_node(value, name)});
  }
  return scenario::load_scenario(request);
}

py::dict run(const py::dict& document, const py::dict& settings,
             std::optional<double> limit_seconds) {
  const scenario::Scenario scenario = scenario_of(document, settings);
  const scenario::ScenarioRun ready(scenario);
  const platform::RunOutput output =
      InterruptibleRun(limit_seconds).run([&](const platform::RunOptions& options) {
        return ready.run(options);
      });
  return texts_of(output, scenario.resolved, ready.loops());
}

py::dict run_streams(const std::string& platform_file, const std::vector<std::string>& streams,
                     std::optional<double> limit_seconds) {
  scenario::ScenarioRequest request;
  request.platform = platform_file;
  const scenario::StreamInput input = scenario::load_streams(request, streams);
  const platform::RunOutput output =
      InterruptibleRun(limit_seconds).run([&](const platform::RunOptions& options) {
        return scenario::run_streams(input, options);
      });
  return texts_of(output, input.resolved, "");
}

py::str lower(const py::dict& document, const py::dict& settings) {
  const scenario::Scenario scenario = scenario_of(document, settings);
  scenario::require_simulated(scenario, "lower");
  lowering::LoweredStream stream(scenario.plan());
  std::ostringstream text;
  command::write_text(stream, text);
  return text.str();
}

// What a file of each kind becomes: with every default, naming no other file.
using Loader = std::function<config::Node(const std::string&, const std::string&)>;

const std::map<std::string, Loader>& loaders() {
  using scenario::FileFamily;
  static const std::map<std::string, Loader> kLoaders{
      {"platform",
       [](const std::string& name, const std::string& option) {
         return hardware::write_platform(
             hardware::load_platform(find_config(FileFamily::kPlatform, name, option)));
       }},
      {"workload",
       [](const std::string& name, const std::string& option) {
         return workload::load_workload(find_config(FileFamily::kWorkload, name, option)).resolved;
       }},
      {"mapping", [](const std::string& name, const std::string& option) {
         return lowering::write_mapping(name.empty() ? lowering::default_mapping()
                                                     : lowering::load_mapping(find_config(
                                                           FileFamily::kMapping, name, option)));
       }}};
  return kLoaders;
}

py::object load(const std::string& kind, const std::string& name) {
  return to_python(loaders().at(kind)(name, kind));
}

std::vector<std::string> shipped(const std::string& kind) {
  const auto family = kind == "platform"   ? scenario::FileFamily::kPlatform
                      : kind == "workload" ? scenario::FileFamily::kWorkload
                                           : scenario::FileFamily::kMapping;
  std::vector<std::string> names;
  for (const auto& [name, path] : scenario::shipped_files(family)) {
    names.push_back(name);
  }
  return names;
}

// The command line, in this process.
int main_of(std::vector<std::string> arguments) {
  std::vector<char*> words;
  for (std::string& argument : arguments) {
    words.push_back(argument.data());
  }
  words.push_back(nullptr);
  const py::gil_scoped_release released;
  return cli::run_program(static_cast<int>(arguments.size()), words.data());
}

// Until the other end of the socket is closed. Copies of this process simulate the points.
void serve_points(int socket, std::optional<std::uint64_t> limit_bytes) {
  sweep::LineChannel channel(socket);
  scenario::serve_points(channel, limit_bytes);
}

// The user's mistakes with their parts, beside the text that the command line prints.
void raise_user_error(const py::object& type, const base::UserError& error) {
  py::list diagnostics;
  for (const base::Diagnostic& diagnostic : error.diagnostics()) {
    py::dict parts;
    parts["file"] = diagnostic.where.file;
    parts["line"] = diagnostic.where.line;
    parts["column"] = diagnostic.where.column;
    parts["path"] = diagnostic.key_path;
    parts["message"] = diagnostic.message;
    parts["expected"] = diagnostic.expected;
    parts["suggestion"] = diagnostic.suggestion;
    parts["text"] = diagnostic.to_string();
    diagnostics.append(parts);
  }
  const py::object raised = type(error.what(), diagnostics);
  PyErr_SetObject(type.ptr(), raised.ptr());
}

}  // namespace

PYBIND11_MODULE(_core, module) {
  module.doc() = "The simulator itself; use the package orrery.";
  module.attr("__version__") = report::build_info().version;
  module.attr("commit") = report::build_info().commit;
  module.def("load", &load, py::arg("kind"), py::arg("name"));
  module.def("shipped", &shipped, py::arg("kind"));
  module.def("run", &run, py::arg("document"), py::arg("settings"), py::arg("limit_seconds"));
  module.def("run_streams", &run_streams, py::arg("platform_file"), py::arg("streams"),
             py::arg("limit_seconds"));
  module.def("main", &main_of, py::arg("arguments"));
  module.def("serve_points", &serve_points, py::arg("socket"), py::arg("limit_bytes"));
  module.def("lower", &lower, py::arg("document"), py::arg("settings"));

  for (const py::handle folder : py::module_::import("orrery").attr("data_folders")()) {
    base::add_data_folder(py::str(folder).cast<std::string>());
  }

  // The package's own exceptions, which live as long as the interpreter.
  static const py::object user_error = py::module_::import("orrery.errors").attr("UserError");
  static const py::object internal_error =
      py::module_::import("orrery.errors").attr("InternalError");
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) {
        std::rethrow_exception(pointer);
      }
    } catch (const base::UserError& error) {
      raise_user_error(user_error, error);
    } catch (const base::InternalError& error) {
      PyErr_SetString(internal_error.ptr(), error.what());
    }
  });
}

}  // namespace orrery::python
