// SPDX-License-Identifier: Apache-2.0
#include "hardware/platform_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "hardware/step_array_config.h"
#include "hardware/systolic_array_config.h"
#include "hardware/vector_unit_config.h"

namespace orrery::hardware {
namespace {

using config::Node;
using config::Reader;

std::vector<std::string> clock_names(const PlatformConfig& platform) {
  std::vector<std::string> names;
  for (const auto& [name, frequency] : platform.clocks) {
    names.push_back(name);
  }
  return names;
}

void check_clock(const PlatformConfig& platform, const std::string& clock, const std::string& user,
                 const base::SourcePosition& where, Reader& reader) {
  const std::vector<std::string> names = clock_names(platform);
  if (std::find(names.begin(), names.end(), clock) == names.end()) {
    reader.error(where, fmt::format("{} uses unknown clock '{}'", user, clock),
                 "one of " + config::join(names, ", "), base::nearest_name(clock, names));
  }
}

void check_clocks(const PlatformConfig& platform, const Node& node, Reader& reader) {
  for (const auto& [name, engine] : platform.engines) {
    check_clock(platform, engine->clock, "engines." + name, engine->where, reader);
  }
  for (const auto& [name, tier] : platform.memory) {
    if (tier.cache) {
      check_clock(platform, tier.cache->clock, "memory." + name + ".cache", tier.cache->where,
                  reader);
    }
  }
  check_clock(platform, platform.scratchpad.clock, "scratchpad", node.where(), reader);
  check_clock(platform, platform.sequencer.clock, "sequencer", node.where(), reader);
}

// Bytes a cycle of an engine's scratchpad ports together.
std::int64_t port_bytes(const EngineConfig& engine) {
  if (const auto* array = dynamic_cast<const SystolicArrayConfig*>(&engine)) {
    return array->stream_port_bytes + array->stationary_port_bytes;
  }
  if (const auto* array = dynamic_cast<const StepArrayConfig*>(&engine)) {
    return array->a_port_bytes + array->b_port_bytes;
  }
  if (const auto* vector = dynamic_cast<const VectorUnitConfig*>(&engine)) {
    return vector->read_port_bytes + vector->write_port_bytes;
  }
  return 0;
}

// Each engine has ports of its own; that none of them ever waits for a bank holds only while the
// banks together can serve all of them.
void check_scratchpad_bandwidth(const PlatformConfig& platform, const Node& node, Reader& reader) {
  double demand = 0.0;
  for (const auto& [name, engine] : platform.engines) {
    demand += static_cast<double>(engine->count * port_bytes(*engine)) *
              base::to_double(platform.clock(engine->clock).hertz);
  }
  for (const auto& [name, tier] : platform.memory) {
    demand += tier.model == MemoryModel::kIdeal ? 0.0 : tier.peak_bandwidth();
  }
  const ScratchpadConfig& scratchpad = platform.scratchpad;
  const double supply = static_cast<double>(scratchpad.partitions * scratchpad.banks *
                                            scratchpad.ports * scratchpad.width_bytes) *
                        base::to_double(platform.clock(scratchpad.clock).hertz);
  if (demand > supply) {
    const Node* at = node.find("scratchpad");
    reader.error(at != nullptr ? at->where() : node.where(),
                 fmt::format("the scratchpad's banks give {:.1f} GB/s, less than the {:.1f} GB/s "
                             "of all engine ports and memories",
                             supply / 1e9, demand / 1e9),
                 "more banks, ports or width_bytes, or narrower engine ports");
  }
}

// Every partition has the same engines.
void check_partitions(const PlatformConfig& platform, Reader& reader) {
  const std::int64_t partitions = platform.scratchpad.partitions;
  for (const auto& [name, engine] : platform.engines) {
    if (partitions > 1 && kind_of(*engine) == "pim") {
      reader.error(engine->where,
                   fmt::format("engines.{} works in memory beside a scratchpad of {} partitions",
                               name, partitions),
                   "one partition, or no engines of kind pim");
    } else if (engine->count % partitions != 0) {
      reader.error(engine->where,
                   fmt::format("{} engines.{} cannot be shared out among the scratchpad's {} "
                               "partitions",
                               engine->count, name, partitions),
                   fmt::format("a count that is a multiple of {}", partitions));
    }
  }
}

const config::Schema<ScratchpadConfig>& scratchpad_schema() {
  using Self = ScratchpadConfig;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("scratchpad", "On-chip memory shared by all engines.")
          .required("capacity", &Self::capacity, config::bytes(256, 1LL << 40),
                    "Its size, of each partition.")
          .optional("partitions", &Self::partitions, config::integer(1, 1024),
                    "Parts of it, each with the same part of every kind of engine and reached by "
                    "no others: the multiprocessors of a GPU.")
          .optional("clock", &Self::clock, config::text(), "Clock domain, a key of `clocks`.")
          .optional("banks", &Self::banks, config::integer(1, 65536), "Banks, of each partition.")
          .optional("ports", &Self::ports, config::integer(1, 4), "Ports of each bank.")
          .optional("width_bytes", &Self::width_bytes, config::integer(1, 4096),
                    "Bytes a cycle of each port.");
  return kSchema;
}

const config::Schema<FabricConfig>& fabric_schema() {
  using Self = FabricConfig;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("fabric", "Crossbar between engines and memory channels.")
          .optional("request_latency", &Self::request_latency, config::duration(),
                    "From an engine to a memory channel.")
          .optional("response_latency", &Self::response_latency, config::duration(),
                    "From a memory channel back to the engine.")
          .check([](const Self& fabric, const Node& node, Reader& reader) {
            const base::Rational least(1'000);  // 1 ps: a zero latency leaves no lookahead
            if (fabric.request_latency.femtoseconds < least ||
                fabric.response_latency.femtoseconds < least) {
              reader.error(node.where(), "a latency below 1 ps", "at least 1 ps each way");
            }
          });
  return kSchema;
}

const config::Schema<SequencerConfig>& sequencer_schema() {
  using Self = SequencerConfig;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("sequencer", "Command processor that feeds the engines' queues.")
          .optional("clock", &Self::clock, config::text(), "Clock domain, a key of `clocks`.")
          .optional("dispatch_cycles", &Self::dispatch_cycles, config::integer(1, 1'000'000),
                    "Cycles for each command, of each partition of the scratchpad.")
          .optional("lookahead", &Self::lookahead, config::integer(1, 65536),
                    "Commands for one partition of the scratchpad that are read from the stream "
                    "before they are sent, so that a full queue does not stop the others. Of no "
                    "effect with one partition.")
          .optional("launch_latency", &Self::launch_latency, config::duration(),
                    "With more than 0 every layer is a kernel: it begins so long after all of its "
                    "stream before it is done. 0: layers overlap.");
  return kSchema;
}

// Energies can be scaled where it is known what they are of.
void check_technology(const PlatformConfig& platform, const Node& node, Reader& reader) {
  if (!platform.technology) {
    return;
  }
  const Node* const energy = node.find("energy");
  const base::SourcePosition where = energy != nullptr ? energy->where() : node.where();
  if (!parse_node(platform.energy.node)) {
    std::vector<std::string> known;
    for (const std::int64_t nanometres : known_nodes()) {
      known.push_back(fmt::format("{} nm", nanometres));
    }
    reader.error(where,
                 "energies of node '" + platform.energy.node + "' cannot be scaled to `technology`",
                 "node one of " + config::join(known, ", "));
  }
  if (!platform.energy.volts) {
    reader.error(where, "energies whose voltage is not known cannot be scaled to `technology`",
                 "key voltage beside node");
  }
}

template <class T>
void require_entries(const config::Named<T>& entries, const std::string& what, const Node& node,
                     Reader& reader) {
  if (entries.empty()) {
    reader.error(node.where(), "no " + what, "at least one");
  }
}

}  // namespace

const base::Frequency& PlatformConfig::clock(const std::string& clock_name) const {
  for (const auto& [key, frequency] : clocks) {
    if (key == clock_name) {
      return frequency;
    }
  }
  throw base::InternalError("clock domains were checked", clock_name);
}

std::optional<std::string> PlatformConfig::technology_note() const {
  if (!technology) {
    return std::nullopt;
  }
  return fmt::format(
      "energies of arithmetic are scaled from {} {} V to {} nm {} V, by {:.3g}, areas to {} nm: "
      "curves of static logic, which below 16 nm give less than published arithmetic; energies of "
      "memories are as given",
      energy.node, energy.volts.value(), technology->nanometres, technology->volts,
      arithmetic_energy_factor(), technology->nanometres);
}

double PlatformConfig::arithmetic_energy_factor() const {
  if (!technology) {
    return 1.0;
  }
  return logic_energy_factor({parse_node(energy.node).value(), energy.volts.value()}, *technology);
}

std::optional<double> PlatformConfig::square_millimetres(const EngineConfig& engine) const {
  if (!engine.area) {
    return std::nullopt;
  }
  const double factor =
      technology ? logic_area_factor(engine.area->nanometres, technology->nanometres) : 1.0;
  return engine.area->square_micrometres * 1e-6 * static_cast<double>(engine.units()) * factor;
}

std::vector<PlatformConfig::Instance> PlatformConfig::instances() const {
  std::vector<Instance> result;
  for (const auto& [key, engine] : engines) {
    for (std::int64_t i = 0; i < engine->count; ++i) {
      result.push_back({engine->count == 1 ? key : key + std::to_string(i), key, engine,
                        i * scratchpad.partitions / engine->count});
    }
  }
  return result;
}

const config::Schema<PlatformConfig>& PlatformConfig::schema() {
  using Self = PlatformConfig;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("platform", "An accelerator with its memories.")
          .required("name", &Self::name, config::text(), "Its name in results.")
          .optional("description", &Self::description, config::optional_text(),
                    "What it stands for.")
          .required("clocks", &Self::clocks, config::dictionary(config::frequency()),
                    "Clock domains by name.")
          .required("engines", &Self::engines,
                    config::dictionary(config::one_of<EngineConfig>("engine", engine_kinds())),
                    "Engines by name.")
          .required("scratchpad", &Self::scratchpad, config::object(scratchpad_schema()),
                    "On-chip memory.")
          .optional("fabric", &Self::fabric, config::object(fabric_schema()),
                    "Between engines and memory channels.")
          .optional("sequencer", &Self::sequencer, config::object(sequencer_schema()),
                    "Command processor.")
          .required("memory", &Self::memory, config::dictionary(tier_codec()),
                    "Memory tiers by name, in the order in which they are filled.")
          .required("energy", &Self::energy, config::object(EnergyConfig::schema()),
                    "Energy coefficients.")
          .optional("technology", &Self::technology,
                    config::maybe(config::object(Technology::schema())),
                    "What arithmetic and areas of engines are scaled to (docs/technology.md); left "
                    "out: they are as given.")
          .position(&Self::where)
          .check([](const Self& platform, const Node& node, Reader& reader) {
            require_entries(platform.clocks, "clocks", node, reader);
            require_entries(platform.engines, "engines", node, reader);
            require_entries(platform.memory, "memory tiers", node, reader);
            check_technology(platform, node, reader);
            const std::size_t errors = reader.error_count();
            check_clocks(platform, node, reader);
            check_partitions(platform, reader);
            if (reader.error_count() == errors) {
              check_scratchpad_bandwidth(platform, node, reader);
            }
          });
  return kSchema;
}

PlatformConfig load_platform(const std::filesystem::path& path,
                             const std::vector<config::Override>& overrides) {
  Node root = Node::map();
  root.set("platform", config::load_document(path));
  for (const config::Override& change : overrides) {
    if (change.path.starts_with("platform.")) {
      config::apply_override(root, change);
    }
  }
  Reader reader("platform");
  auto platform = PlatformConfig::schema().read(*root.find("platform"), reader);
  reader.diagnostics().throw_if_any();
  return std::move(*platform);
}

config::Node write_platform(const PlatformConfig& platform) {
  return PlatformConfig::schema().write(platform);
}

}  // namespace orrery::hardware
