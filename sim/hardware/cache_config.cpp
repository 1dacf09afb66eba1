// SPDX-License-Identifier: Apache-2.0
#include "hardware/cache_config.h"

namespace orrery::hardware {

const config::Schema<CacheConfig>& CacheConfig::schema() {
  using Self = CacheConfig;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("cache", "A set-associative, write-back cache in front of a memory.")
          .required("capacity", &Self::capacity, config::bytes(1, 1LL << 40), "Of all slices.")
          .optional("line", &Self::line, config::bytes(1, 1 << 16), "One line.")
          .optional("ways", &Self::ways, config::integer(1, 1024), "Lines of a set.")
          .optional("slices", &Self::slices, config::integer(1, 4096),
                    "Slices that serve accesses side by side; line l lies in slice l modulo "
                    "slices.")
          .optional("slice_bytes", &Self::slice_bytes, config::integer(1, 65536),
                    "Bytes a cycle of each slice.")
          .optional("clock", &Self::clock, config::text(), "Clock domain, a key of `clocks`.")
          .required("hit_latency", &Self::hit_latency, config::duration(),
                    "From the end of an access in its slice to its data.")
          .required("miss_latency", &Self::miss_latency, config::duration(),
                    "From the begin of an access to the memory's channels.")
          .required("fill_latency", &Self::fill_latency, config::duration(),
                    "From the memory's channels back to the cache.")
          .optional("outstanding_bursts", &Self::outstanding_bursts, config::integer(1, 1 << 20),
                    "Bursts that the cache may have in each channel.")
          .optional("hashed", &Self::hashed, config::boolean(),
                    "Lines and pieces of `interleave` bytes of the memory that are a multiple of "
                    "slices, of channels apart lie in different ones.")
          .position(&Self::where)
          .check([](const Self& cache, const config::Node& node, config::Reader& reader) {
            if (cache.capacity.value % (cache.line.value * cache.ways) != 0) {
              reader.error(node.where(),
                           "a capacity of " + base::to_string(cache.capacity) +
                               " is no whole "
                               "number of sets",
                           "a multiple of ways x line, " +
                               base::to_string(base::Bytes{cache.line.value * cache.ways}));
            }
            const base::Rational least(1'000);  // 1 ps: no latency leaves no lookahead
            if (cache.miss_latency.femtoseconds < least ||
                cache.fill_latency.femtoseconds < least) {
              reader.error(node.where(), "a latency to or from the memory below 1 ps",
                           "at least 1 ps each way");
            }
          });
  return kSchema;
}

}  // namespace orrery::hardware
