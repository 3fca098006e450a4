#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>

#include "dbstow/operations/data_operations.h"
#include "dbstow/operations/operation_executor.h"
#include "support/fakes.h"
#include "support/operation_fakes.h"

namespace dbstow {

inline constexpr std::string_view kCanary = "canary-7f3a-secret";

inline BackupResult GoodBackup() {
  return {.backup_id = "b1",
          .server_reference = "",
          .bytes = {.read = 100, .stored = 30, .reused = 70},
          .details = {{"tables", "3"}},
          .warnings = {"one table was empty"}};
}

/// A database that does what a test says.
class ScriptedInstance final : public DatabaseInstance, public SupportsBackup {
 public:
  ScriptedInstance()
      : DatabaseInstance(DatabaseEngine("scripted"), "shop", "",
                         {.credentials = {.username = "u", .secret_ref = {"fake", "pw"}}}, Able()) {
  }

  static CapabilitySet Able() {
    CapabilitySet able;
    able.Allow("backup").Allow("backup.full").Allow("restore");
    able.Deny("backup.log", "the recovery model is SIMPLE", "set it to FULL");
    return able;
  }

  Result<BackupResult> Backup(const BackupOptions&, OperationContext& context) override {
    ++runs;
    if (during) during(context);
    DBSTOW_ASSIGN(const SecretString secret,
                  context.secrets.Resolve(connection().credentials.secret_ref, context.deadline,
                                          context.stop));
    seen_secret = secret.Reveal();
    if (script.empty()) return GoodBackup();
    auto next = std::move(script.front());
    script.pop_front();
    return next;
  }

  std::deque<Result<BackupResult>> script;
  std::function<void(OperationContext&)> during;
  std::optional<Error> probe_failure;
  CapabilitySet live = Able();
  std::string seen_secret;
  int runs = 0;
  int probes = 0;

 protected:
  Result<InstanceState> Probe(OperationContext&) override {
    ++probes;
    if (probe_failure) return *probe_failure;
    return InstanceState{"1.0", live, {}, {}};
  }
};

inline Error Busy() {
  return Error(ErrorCode::kUnavailable, "the server is starting").WithRetry(Retry::kTransient);
}

class OperationExecutorTest : public ::testing::Test {
 protected:
  OperationExecutorTest() {
    EngineDescriptor descriptor{.engine = DatabaseEngine("scripted")};
    descriptor.backup_extra = {{.key = "compression"}, {.key = "threads"}};
    EXPECT_TRUE(engines.Register(std::move(descriptor)));
    base.secrets.by_key["pw"] = kCanary;
  }

  OperationContext Context() { return ContextWith(base.clock); }
  OperationContext ContextWith(Clock& clock) {
    OperationContext context{base.context.trace,
                             clock,
                             base.random,
                             logger,
                             metrics,
                             base.sinks,
                             base.secrets,
                             nullptr,
                             deadline,
                             stopper.get_token(),
                             dry_run};
    return context;
  }
  OperationResult Run(Operation& operation, std::string_view key = "") {
    OperationContext context = Context();
    OperationExecutor executor({engines, catalog, audit, "alice@host"}, retry);
    return executor.Execute(operation, instance, context, key);
  }
  OperationResult Backup(BackupOptions options = {}, std::string_view key = "") {
    BackupOperation operation(std::move(options));
    return Run(operation, key);
  }
  std::string Everything(const OperationResult& result) const {
    std::string text = result.message + (result.error ? result.error->ToString() : "");
    for (const auto& [name, value] : result.details) text += " " + name + "=" + value;
    for (const std::string& each : result.warnings) text += " " + each;
    return text + audit.Text() + metrics.Text() + logger.Text();
  }

  test::TestContext base;
  test::RecordingLogger logger;
  test::RecordingMetrics metrics;
  test::RecordingAudit audit;
  test::MemoryCatalog catalog;
  EngineRegistry engines;
  ScriptedInstance instance;
  RetryPolicy retry;
  Deadline deadline;
  std::stop_source stopper;
  bool dry_run = false;
};

}  // namespace dbstow
