// SPDX-License-Identifier: Apache-2.0
#include "memory/specification/spec_schema.h"

#include <utility>

#include "config/document.h"

namespace orrery::memory::dram {

namespace {

using config::Codec;
using config::Named;
using config::Node;
using config::Reader;
using config::Schema;
using config::TypeDescription;

constexpr std::int64_t kMany = std::int64_t{1} << 30;

// A codec for `To` that stands in the file as a `From` does.
template <class To, class From, class Forward, class Back>
Codec<To> adapted(const Codec<From>& from, Forward forward, Back back) {
  return {[from, forward](const Node& node, Reader& reader) -> std::optional<To> {
            auto value = from.read(node, reader);
            return value ? std::optional<To>(forward(std::move(*value))) : std::nullopt;
          },
          [from, back](const To& value) { return from.write(back(value)); }, from.type};
}

// A word or an expression, with its place for later messages.
Codec<LocatedText> located(const std::string& expected) {
  auto type = std::make_shared<TypeDescription>();
  type->form = TypeDescription::Form::kText;
  type->expected = expected;
  return {[type](const Node& node, Reader& reader) -> std::optional<LocatedText> {
            if (!node.is_scalar()) {
              reader.mismatch(node, type->expected);
              return std::nullopt;
            }
            return LocatedText(node.text(), node.where(), reader.path());
          },
          [](const LocatedText& value) {
            return value.text.empty() ? Node() : Node::scalar(value.text);
          },
          type};
}

Codec<LocatedText> name() {
  return located("a name");
}
Codec<LocatedText> cycles() {
  return located("cycles, as a number or an expression");
}

// A count with its place; the name of the level is the key.
Codec<LevelDescription> level_count() {
  const Codec<std::int64_t> count = config::integer(1, kMany);
  return {[count](const Node& node, Reader& reader) -> std::optional<LevelDescription> {
            const std::optional<std::int64_t> value = count.read(node, reader);
            if (!value) {
              return std::nullopt;
            }
            return LevelDescription{LocatedText("", node.where(), reader.path()), *value};
          },
          [count](const LevelDescription& level) { return count.write(level.count); }, count.type};
}

Codec<std::vector<LevelDescription>> levels() {
  return adapted<std::vector<LevelDescription>>(
      config::dictionary(level_count()),
      [](Named<LevelDescription> from) {
        std::vector<LevelDescription> to;
        for (auto& [name, level] : from) {
          level.name.text = name;
          to.push_back(std::move(level));
        }
        return to;
      },
      [](const std::vector<LevelDescription>& to) {
        Named<LevelDescription> from;
        for (const LevelDescription& level : to) {
          from.emplace_back(level.name.text, level);
        }
        return from;
      });
}

Codec<std::vector<ParameterDescription>> parameters() {
  return adapted<std::vector<ParameterDescription>>(
      config::dictionary(cycles()),
      [](Named<LocatedText> from) {
        std::vector<ParameterDescription> to;
        for (auto& [parameter, value] : from) {
          to.push_back({LocatedText(parameter, value.where, value.key_path), std::move(value)});
        }
        return to;
      },
      [](const std::vector<ParameterDescription>& to) {
        Named<LocatedText> from;
        for (const ParameterDescription& parameter : to) {
          from.emplace_back(parameter.name.text, parameter.value);
        }
        return from;
      });
}

Codec<SubsetDescription> subset() {
  using Self = SubsetDescription;
  return config::object(
      Schema<Self>("subset", "The part of the banks of its node on which a command acts.")
          .required("level", &Self::level, name(), "The level whose indices are cut into parts.")
          .optional("parts", &Self::parts, config::integer(2, 64), "How many parts.")
          .optional("interleaved", &Self::interleaved, config::boolean(),
                    "Indices are dealt out in turn, as even and odd, not cut into neighbours."));
}

Codec<CommandEnergy> command_energy() {
  using Self = CommandEnergy;
  const Codec<double> amount = config::number(0, 1e6);
  return config::object(
      Schema<Self>("command_energy", "What one issue or repetition of a command costs.")
          .optional("activates", &Self::activates, amount, "In activations with their precharge.")
          .optional("reads", &Self::reads, amount, "In reads of a burst.")
          .optional("writes", &Self::writes, amount, "In writes of a burst.")
          .optional("energy", &Self::picojoules, config::quantity("J", "pJ"), "Beside these.")
          .required("source", &Self::source, config::text(), "Where the figures come from."));
}

Codec<std::vector<StepDescription>> steps() {
  using Self = StepDescription;
  const Codec<std::int64_t> index = config::integer(0, kMany);
  return config::list(config::object(
      Schema<Self>("step", "A command with its operands.")
          .required("command", &Self::command, name(), "The command.")
          .optional("bank", &Self::bank, index, "A bank that it acts on, counted in the channel.")
          .optional("row", &Self::row, index, "The row.")
          .optional("column", &Self::column, index, "The column.")));
}

Codec<std::vector<CommandDescription>> commands() {
  using Self = CommandDescription;
  const auto schema =
      Schema<Self>("command", "One command of the standard.")
          .required("kind", &Self::kind, name(), "What it does to the row and the data.")
          .required("scope", &Self::scope, name(), "The level of the node it addresses.")
          .required("bus", &Self::bus, name(), "The command bus it uses.")
          .optional("cycles", &Self::cycles, config::integer(1, kMany), "For which it holds it.")
          .optional("across", &Self::across, name(),
                    "It acts on all banks that differ from the addressed one only in this level.")
          .optional("row_buffer", &Self::row_buffer, name(),
                    "The row buffer it opens, closes or needs; the first if not given, none for "
                    "kinds pim_move and pim_control.")
          .optional("subset", &Self::subset, config::maybe(subset()),
                    "Acts on a part of the banks of its node.")
          .optional("opens_with", &Self::opens_with, name(),
                    "The command that opens its rows; what fits if not given.")
          .optional("closes_with", &Self::closes_with, name(),
                    "The command that closes them; what fits if not given.")
          .optional("count", &Self::count, config::integer(1, 1024),
                    "Most repetitions that one command stands for.")
          .optional("latency", &Self::latency, cycles(),
                    "From its issue until it is complete, over `count` where it repeats.")
          .optional("admission", &Self::admission, cycles(),
                    "Sent only while less than this lies before the next refresh; over activates, "
                    "precharges, count and results too.")
          .optional("bytes_in", &Self::bytes_in, config::integer(0, kMany),
                    "Bytes from the host, each repetition.")
          .optional("bytes_out", &Self::bytes_out, config::integer(0, kMany),
                    "Bytes to the host, each issue.")
          .optional("operation", &Self::operation, config::choice(numeric::pim_operation_names()),
                    "What it does to the numbers in rows, vector buffer and accumulators.")
          .optional("energy", &Self::energy, config::maybe(command_energy()),
                    "Of one repetition of a PIM command.")
          .optional("issue_energy", &Self::issue_energy, config::maybe(command_energy()),
                    "Of one issue, beside its repetitions.");
  return adapted<std::vector<Self>>(
      config::dictionary(config::object(schema)),
      [](Named<Self> from) {
        std::vector<Self> to;
        for (auto& [command, description] : from) {
          description.name =
              LocatedText(command, description.kind.where, description.kind.key_path);
          to.push_back(std::move(description));
        }
        return to;
      },
      [](const std::vector<Self>& to) {
        Named<Self> from;
        for (const Self& command : to) {
          from.emplace_back(command.name.text, command);
        }
        return from;
      });
}

Schema<ConstraintDescription> constraint_schema() {
  using Self = ConstraintDescription;
  return Schema<Self>("constraint", "A least distance between commands.")
      .required("scope", &Self::scope, name(), "The level within which it counts.")
      .optional("sibling", &Self::sibling, config::boolean(),
                "Between different nodes of that level under one parent.")
      .required("earlier", &Self::earlier, config::list(name(), 1), "Commands that start it.")
      .required("later", &Self::later, config::list(name(), 1), "Commands that wait.")
      .required("delay", &Self::delay, cycles(), "Cycles from the one to the other.")
      .optional("window", &Self::window, config::integer(1, kMany),
                "Counted from this many earlier commands back.")
      .optional("every", &Self::every, config::integer(1, kMany),
                "Only each so many-th of the earlier commands starts it.");
}

Codec<Rail> rail() {
  using Self = Rail;
  const Codec<double> current = config::quantity("A", "mA");
  const Codec<std::optional<double>> if_public = config::maybe(current);
  return config::object(
      Schema<Self>("rail", "Currents of one supply, for each device; what is not public is absent.")
          .required("name", &Self::name, config::text(), "Name of the supply.")
          .required("voltage", &Self::volts, config::quantity("V", "V"), "Its voltage.")
          .required("idd2n", &Self::idd2n, current, "Precharged standby.")
          .required("idd3n", &Self::idd3n, current, "Active standby.")
          .optional("idd0", &Self::idd0, if_public, "A bank activated and precharged every tRC.")
          .optional("idd4r", &Self::idd4r, if_public, "Burst read.")
          .optional("idd4w", &Self::idd4w, if_public, "Burst write.")
          .optional("idd5b", &Self::idd5b, if_public, "All-bank refresh, while it lasts.")
          .optional("idd5_bank", &Self::idd5_bank, if_public,
                    "Refresh of a set of banks, while it lasts.")
          .optional("idd2p", &Self::idd2p, if_public, "Precharged power-down.")
          .optional("idd3p", &Self::idd3p, if_public, "Active power-down.")
          .optional("idd6", &Self::idd6, if_public, "Self refresh."));
}

Codec<base::Rational> rational() {
  auto type = std::make_shared<TypeDescription>();
  type->form = TypeDescription::Form::kText;
  type->expected = "a number or a fraction";
  return {[type](const Node& node, Reader& reader) -> std::optional<base::Rational> {
            auto value = node.is_scalar() ? base::parse_rational(node.text()) : std::nullopt;
            if (!value) {
              reader.mismatch(node, type->expected);
            }
            return value;
          },
          [](const base::Rational& value) { return Node::scalar(base::to_string(value)); }, type};
}

Codec<BufferStandby> buffer_standby() {
  using Self = BufferStandby;
  const Codec<double> current = config::quantity("A", "mA");
  return config::object(
      Schema<Self>(
          "buffer_standby",
          "What row buffers of a rank beyond the first draw, at the main supply's voltage.")
          .required("closed", &Self::closed, current, "While no row is open in them.")
          .required("open", &Self::open, current, "While a row is open in them in some bank.")
          .required("source", &Self::source, config::text(), "Where the figures come from."));
}

Codec<CurrentEnergy> currents() {
  using Self = CurrentEnergy;
  return config::object(
      Schema<Self>("currents", "Energy from data-sheet currents.")
          .required("rails", &Self::rails, config::list(rail(), 1),
                    "The supplies, summed, the main one first.")
          .required("devices", &Self::devices, rational(),
                    "Devices that act on one command; 1/2 where a channel's currents cover two "
                    "pseudo-channels.")
          .optional("rho", &Self::rho, config::number(0, 1),
                    "Share of the active standby's excess that the first open bank pays.")
          .optional("activate", &Self::activate_picojoules,
                    config::maybe(config::quantity("J", "pJ")),
                    "For each ACT with its PRE, instead of what IDD0 gives.")
          .optional("bank_refresh_as_share", &Self::bank_refresh_as_share, config::boolean(),
                    "Refreshing sets of banks costs as much, over time, as refreshing all at once.")
          .optional("constant", &Self::constant_milliwatts, config::quantity("W", "mW"),
                    "Drawn always, for each rank or pseudo-channel.")
          .optional("further_buffers", &Self::further_buffers, config::maybe(buffer_standby()),
                    "Standby of row buffers beyond the first; none if not given.")
          .required("source", &Self::source, config::text(), "Where the figures come from."));
}

Codec<PerBitEnergy> energy_per_bit() {
  using Self = PerBitEnergy;
  const Codec<double> energy = config::quantity("J", "pJ");
  return config::object(
      Schema<Self>("energy_per_bit", "Energy where no currents are public.")
          .required("activate", &Self::activate_picojoules, energy, "For each ACT with its PRE.")
          .required("read_bit", &Self::read_picojoules_per_bit, energy, "For each bit read.")
          .required("write_bit", &Self::write_picojoules_per_bit, energy, "For each bit written.")
          .required("refresh", &Self::refresh_picojoules, energy,
                    "For each all-bank refresh; a set of banks pays its share.")
          .required("background", &Self::background_milliwatts, config::quantity("W", "mW"),
                    "Drawn always, for each rank or pseudo-channel.")
          .required("source", &Self::source, config::text(), "Where the figures come from."));
}

Codec<DensityDescription> density() {
  using Self = DensityDescription;
  return config::object(
      Schema<Self>("density", "What a die density (and width) changes.")
          .optional("rows", &Self::rows, config::maybe(config::integer(1, kMany)), "Rows.")
          .optional("columns", &Self::columns, config::maybe(config::integer(1, kMany)),
                    "Bursts of a row.")
          .optional("organization", &Self::levels, levels(), "Counts of levels that differ.")
          .optional("timing", &Self::timing, parameters(), "Timing parameters that differ.")
          .optional("currents", &Self::currents, config::maybe(currents()),
                    "Energy from currents, instead of any energy of the standard.")
          .optional("energy_per_bit", &Self::per_bit, config::maybe(energy_per_bit()),
                    "Energy per bit, instead of any energy of the standard."));
}

Codec<base::Rational> clock_period() {
  return adapted<base::Rational>(
      config::duration(), [](const base::Duration& from) { return from.femtoseconds; },
      [](const base::Rational& to) { return base::Duration{to}; });
}

// Rows of banks are addressed by bytes, and sums of products of wider integers outgrow 32 bits.
bool may_be_multiplied(numeric::ElementType type) {
  const numeric::ElementTypeInfo& info = numeric::info(type);
  return info.block == nullptr && numeric::fills_bytes(type) &&
         (!info.is_integer || type == numeric::ElementType::kInt8);
}

Codec<numeric::ElementType> multiplied_type() {
  Codec<numeric::ElementType> codec = numeric::element_type_codec();
  const auto read = codec.read;
  codec.read = [read](const Node& node, Reader& reader) -> std::optional<numeric::ElementType> {
    const auto type = read(node, reader);
    if (type && !may_be_multiplied(*type)) {
      reader.error(node.where(), "found '" + numeric::name(*type) + "'",
                   "a floating-point type of whole bytes, or int8", "");
      return std::nullopt;
    }
    return type;
  };
  return codec;
}

}  // namespace

const Schema<SpecDescription>& spec_schema() {
  using Self = SpecDescription;
  static const Schema<Self> kSchema =
      Schema<Self>("dram", "A DRAM standard.")
          .required("name", &Self::name, config::text(), "Name in results.")
          .required("clock_period", &Self::tck, clock_period(), "tCK, exact.")
          .required("organization", &Self::levels, levels(),
                    "Levels below the channel, outermost first, and how many each.")
          .required("rows", &Self::rows, config::integer(1, kMany), "Rows of a bank.")
          .required("columns", &Self::columns, config::integer(1, kMany), "Bursts of a row.")
          .required("access_bytes", &Self::access_bytes, config::integer(1, kMany),
                    "Bytes of a burst.")
          .optional("pim_column_bytes", &Self::pim_column_bytes, config::integer(0, kMany),
                    "Bytes of a row in each column that PIM commands count; 0: as a burst.")
          .optional("multiplies", &Self::multiplies, config::list(multiplied_type(), 1),
                    "Element types that PIM commands multiply.")
          .optional("data_bus", &Self::data_bus, name(),
                    "The level whose nodes have a data bus each.")
          .required("command_buses", &Self::command_buses, config::list(name(), 1),
                    "Names of the command buses.")
          .optional("row_buffers", &Self::row_buffers, config::list(name(), 1),
                    "Row buffers of a bank.")
          .required("commands", &Self::commands, commands(), "The command set, by name.")
          .required("timing", &Self::parameters, parameters(), "Named timing parameters.")
          .required("constraints", &Self::constraints,
                    config::list(config::object(constraint_schema())),
                    "Least distances between commands.")
          .optional("pim_constraints", &Self::pim_constraints,
                    config::list(config::object(constraint_schema())),
                    "Further ones, for a file that adds PIM commands to a standard.")
          .optional("further_constraints", &Self::further_constraints,
                    config::list(config::object(constraint_schema())),
                    "Further ones, for a file that is a variant of another.")
          .optional("burst", &Self::burst_cycles, cycles(), "Cycles of data of a burst.")
          .optional("read_latency", &Self::read_latency, cycles(), "From RD to its data.")
          .optional("write_latency", &Self::write_latency, cycles(), "From WR to its data.")
          .optional("refresh_interval", &Self::refresh_interval, cycles(),
                    "Between refreshes of a rank.")
          .optional("refresh_duration", &Self::refresh_cycles, cycles(), "Of a refresh.")
          .optional("bank_refresh_duration", &Self::bank_refresh_cycles, cycles(),
                    "Of a refresh of a set of banks.")
          .optional("bank_refresh_interval", &Self::bank_refresh_interval, cycles(),
                    "In which every set of banks is refreshed once; the refresh interval if not "
                    "given.")
          .optional("delays_between_last_cycles", &Self::delays_between_last_cycles,
                    config::boolean(),
                    "Delays count from the last cycle of a command to the last of the next, as "
                    "standards write them, not between first cycles.")
          .required("address_order", &Self::address_order, config::list(name(), 2),
                    "Address fields from the least significant bit above the burst.")
          .optional("densities", &Self::densities, config::dictionary(density()),
                    "Densities to choose from.")
          .optional("density", &Self::density, name(), "The density chosen.")
          .optional("enter_pim", &Self::enter_pim, steps(),
                    "Sent before the first of successive PIM commands.")
          .optional("leave_pim", &Self::leave_pim, steps(), "Sent after the last of them.")
          .optional("currents", &Self::currents, config::maybe(currents()), "Energy from currents.")
          .optional("energy_per_bit", &Self::per_bit, config::maybe(energy_per_bit()),
                    "Energy where no currents are public.")
          .position(&Self::where);
  return kSchema;
}

config::Codec<SpecDescription> spec_codec() {
  return config::object(spec_schema());
}

SpecDescription load_description(const std::filesystem::path& path) {
  const Node document = config::load_document(path);
  Reader reader;
  auto description = spec_schema().read(document, reader);
  reader.diagnostics().throw_if_any();
  base::require_invariant(description.has_value(), "a description is read or complained about");
  return std::move(*description);
}

Spec load_spec(const std::filesystem::path& path) {
  return Spec::from(load_description(path));
}

}  // namespace orrery::memory::dram
