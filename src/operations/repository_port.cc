#include "operations/repository_port.h"

#include "repository/repository.h"

namespace dbstow {
namespace {

class RealRepositoryPort final : public RepositoryPort {
 public:
  explicit RealRepositoryPort(repository::Repository& repository) : repository_(repository) {}

  Result<repository::VerifyReport> Verify(std::string_view selector, std::string_view instance,
                                          int level,
                                          const repository::CheckContext& context) override {
    return repository_.Verify(selector, instance, level, context);
  }
  Result<void> RecordVerification(const repository::Verification& verification) override {
    return repository_.RecordVerification(verification);
  }
  Result<repository::PrunePlan> PlanPrune(std::string_view instance, const RetentionPolicy& policy,
                                          const repository::CheckContext& context) override {
    return repository_.PlanPrune(instance, policy, context);
  }
  Result<repository::PruneReport> Prune(const repository::PrunePlan& plan,
                                        const repository::CheckContext& context) override {
    return repository_.Prune(plan, context);
  }

 private:
  repository::Repository& repository_;
};

}  // namespace

std::unique_ptr<RepositoryPort> CreateRepositoryPort(repository::Repository& repository) {
  return std::make_unique<RealRepositoryPort>(repository);
}

}  // namespace dbstow
