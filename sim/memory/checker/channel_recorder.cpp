// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/channel_recorder.h"

namespace orrery::memory::checker {

LogEvent ChannelRecorder::at(Cycle cycle, EventKind kind) const {
  LogEvent event;
  event.cycle = cycle;
  event.channel = channel_;
  event.kind = kind;
  return event;
}

void ChannelRecorder::arrival(const dram::ArrivalRecord& record) {
  LogEvent event = at(record.cycle, record.forwarded ? EventKind::kForward : EventKind::kArrive);
  event.is_write = record.is_write;
  event.bank = record.address.bank;
  event.row = record.address.row;
  event.column = record.address.column;
  event.number = record.number;
  sink_.event(event);
}

void ChannelRecorder::direction(Cycle cycle, bool writing) {
  LogEvent event = at(cycle, EventKind::kDirection);
  event.is_write = writing;
  sink_.event(event);
}

void ChannelRecorder::blocked(Cycle cycle, std::uint64_t banks) {
  LogEvent event = at(cycle, EventKind::kBlocked);
  event.banks = banks;
  sink_.event(event);
}

void ChannelRecorder::command(const dram::CommandRecord& record) {
  LogEvent event = at(record.cycle, EventKind::kCommand);
  event.command = record.command;
  event.bank = record.bank;
  event.row = record.row;
  event.column = record.column;
  event.count = record.count;
  event.number = record.request == dram::kNoRequest ? kNoNumber : record.request;
  sink_.event(event);
}

}  // namespace orrery::memory::checker
