// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/page_policy.h"

#include "base/error.h"

namespace orrery::memory::dram {

namespace {

class OpenPage final : public PagePolicy {};

class OpenAdaptivePage final : public PagePolicy {
 public:
  [[nodiscard]] bool closes_rows() const override { return true; }
  [[nodiscard]] bool closes_row(bool hit_left, bool miss_left) const override {
    return !hit_left && miss_left;
  }
};

class ClosedPage final : public PagePolicy {
 public:
  [[nodiscard]] bool closes_rows() const override { return true; }
  [[nodiscard]] bool closes_row(bool /*hit_left*/, bool /*miss_left*/) const override {
    return true;
  }
};

class ClosedAdaptivePage final : public PagePolicy {
 public:
  [[nodiscard]] bool closes_rows() const override { return true; }
  [[nodiscard]] bool closes_row(bool hit_left, bool /*miss_left*/) const override {
    return !hit_left;
  }
};

class TimeoutPage final : public PagePolicy {
 public:
  explicit TimeoutPage(Cycle timeout) : timeout_(timeout) {}
  [[nodiscard]] std::optional<Cycle> timeout() const override { return timeout_; }

 private:
  Cycle timeout_;
};

}  // namespace

std::unique_ptr<const PagePolicy> make_page_policy(const ControllerConfig& config) {
  switch (config.page_policy) {
    case PagePolicyKind::kOpen:
      return std::make_unique<OpenPage>();
    case PagePolicyKind::kOpenAdaptive:
      return std::make_unique<OpenAdaptivePage>();
    case PagePolicyKind::kClosed:
      return std::make_unique<ClosedPage>();
    case PagePolicyKind::kClosedAdaptive:
      return std::make_unique<ClosedAdaptivePage>();
    case PagePolicyKind::kTimeout:
      return std::make_unique<TimeoutPage>(config.page_timeout);
  }
  throw base::InternalError("every policy has a class", "every page policy");
}

}  // namespace orrery::memory::dram
