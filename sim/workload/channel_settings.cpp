// SPDX-License-Identifier: Apache-2.0
#include "workload/channel_settings.h"

#include "requests/attention_estimate.h"

namespace orrery::workload {

const config::Schema<ChannelSettings>& ChannelSettings::schema() {
  using Self = ChannelSettings;
  static const config::EnumTable<requests::ChannelRule> kRules{
      {"round_robin", requests::ChannelRule::kRoundRobin},
      {"min_load", requests::ChannelRule::kMinLoad}};
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("channels", "Which memory channel keeps the cache of which request.")
          .required("count", &Self::count, config::integer(1, 1 << 16), "Channels of the memory.")
          .optional("rule", &Self::rule, config::choice(kRules),
                    "Each channel in turn, or the longest request first, to the channel of the "
                    "least load.")
          .optional("banks", &Self::banks, config::integer(1, 1 << 16),
                    "Banks of a channel that compute together, for the load of a request.")
          .optional("row_elements", &Self::row_elements, config::integer(1, 1 << 20),
                    "Elements of a bank's row, likewise.")
          .optional("tiles", &Self::tiles, config::maybe(config::integer(1, 1LL << 40)),
                    "Room of each channel for keys and values, in rows of all its banks; left "
                    "out: as much as the layers of the workload find where they are placed.")
          .optional("layers", &Self::layers, config::integer(1, 1 << 16),
                    "Layers whose keys and values take that room.")
          .optional("sub_batch", &Self::sub_batch, config::maybe(config::integer(0, 1)),
                    "One of two sub-batches: of each channel the first half of its requests, or "
                    "the rest.")
          .position(&Self::where);
  return kSchema;
}

ChannelSettings::Batch ChannelSettings::assign(const std::vector<std::int64_t>& contexts,
                                               std::int64_t heads, std::int64_t head_size) const {
  const requests::PimAttentionShape shape{banks, row_elements, heads, head_size, layers};
  std::vector<std::int64_t> tokens;
  for (const std::int64_t context : contexts) {
    tokens.push_back(context + 1);
  }
  const std::vector<requests::ChannelRequest> all = requests::channel_requests(
      tokens, [&](std::int64_t length) { return requests::attention_cycles(shape, {}, length); },
      [&](std::int64_t length) { return tiles ? requests::tiles_of(shape, length) : 0; });
  requests::ChannelAssignment assignment =
      requests::assign_channels(rule, all, {count, tiles.value_or(0)}, where);
  if (sub_batch) {
    requests::SubBatches halves = requests::split_sub_batches(assignment);
    assignment = *sub_batch == 0 ? std::move(halves.first) : std::move(halves.second);
  }
  Batch batch;
  bool any = true;
  for (std::size_t round = 0; any; ++round) {
    any = false;
    for (std::size_t channel = 0; channel < assignment.requests.size(); ++channel) {
      const std::vector<std::size_t>& list = assignment.requests[channel];
      if (round < list.size()) {
        any = true;
        batch.contexts.push_back(contexts[list[round]]);
        batch.channels.push_back(static_cast<std::int64_t>(channel));
      }
    }
  }
  return batch;
}

}  // namespace orrery::workload
