// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sweep/line_channel.h"
#include "sweep/worker_pool.h"

namespace orrery::sweep {

// As run_jobs(), on machines of others: `cluster` is a channel to python/orrery/cluster, which
// hands requests to the workers and brings their answers. `pack` makes the request of a job, one
// line of text. Of the options the workers' number is the cluster's, and the limits must be in the
// request. Throws base::UserError where the cluster cannot be reached, or a worker cannot run what
// it is sent.
[[nodiscard]] bool run_remote_jobs(const std::vector<std::size_t>& jobs,
                                   const std::function<std::string(std::size_t)>& pack,
                                   LineChannel& cluster, const PoolOptions& options);

// The answer to a request: how the job ended, one line of text.
[[nodiscard]] std::string write_answer(const WorkerReport& report);
// An answer that says why the worker takes no request of this sender.
[[nodiscard]] std::string write_refusal(const std::string& reason);
// Throws base::UserError for a refusal. The job's number is not in it.
[[nodiscard]] WorkerReport read_answer(const std::string& answer);

}  // namespace orrery::sweep
