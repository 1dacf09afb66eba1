// SPDX-License-Identifier: Apache-2.0
#include "platform/collect_streams.h"

#include <algorithm>

#include "platform/stream_set.h"

namespace orrery::platform {
namespace {

using metrics::EngineCycles;
using metrics::LayerResult;
using metrics::StreamResult;
using metrics::TierResult;

void add_traffic(const TierResult& traffic, TierResult& sum) {
  sum.name = traffic.name;
  sum.bytes_read += traffic.bytes_read;
  sum.bytes_written += traffic.bytes_written;
  sum.bursts += traffic.bursts;
}

void add_layer(const LayerResult& layer, StreamResult& stream) {
  stream.end = std::max(stream.end, layer.end);
  stream.macs_useful += layer.macs_useful;
  stream.macs_executed += layer.macs_executed;
  for (const auto& [component, picojoules] : layer.energy_pj) {
    stream.energy_pj += picojoules;
  }
  stream.engines.resize(layer.engines.size());
  for (std::size_t i = 0; i < layer.engines.size(); ++i) {
    stream.engines[i].busy += layer.engines[i].busy;
    stream.engines[i].stalled += layer.engines[i].stalled;
  }
  stream.tiers.resize(layer.tiers.size());
  for (std::size_t i = 0; i < layer.tiers.size(); ++i) {
    add_traffic(layer.tiers[i], stream.tiers[i]);
  }
}

}  // namespace

std::vector<command::LayerInfo> all_layers(const std::vector<command::StreamHeader>& headers) {
  const std::vector<std::string> names = stream_names(headers);
  std::vector<command::LayerInfo> layers;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    for (const command::LayerInfo& layer : headers[i].layers) {
      layers.push_back(layer);
      if (headers.size() > 1) {
        layers.back().name = names[i] + ": " + layer.name;
      }
    }
  }
  return layers;
}

void collect_streams(const std::vector<command::StreamHeader>& headers, const Machine& machine,
                     const base::ClockDomain& reference, metrics::RunResult& result) {
  if (headers.size() < 2) {
    return;
  }
  const std::vector<std::string> names = stream_names(headers);
  std::size_t first_layer = 0;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const Sequencer& sequencer = *machine.sequencers()[i];
    StreamResult stream;
    stream.name = names[i];
    stream.workload = headers[i].workload;
    stream.seed = headers[i].seed;
    stream.first_layer = first_layer;
    stream.layers = headers[i].layers.size();
    stream.commands = sequencer.dispatched();
    stream.start = std::max<base::Femtoseconds>(0, sequencer.first_arrival());
    stream.rendezvous_wait = sequencer.rendezvous_wait();
    for (std::size_t layer = first_layer; layer < first_layer + stream.layers; ++layer) {
      add_layer(result.layers[layer], stream);
    }
    stream.cycles = reference.cycle_at_or_after(stream.end);
    first_layer += stream.layers;
    result.streams.push_back(std::move(stream));
  }
}

}  // namespace orrery::platform
