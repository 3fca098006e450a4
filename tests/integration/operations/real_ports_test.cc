#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "catalog/sqlite/sqlite_catalog.h"
#include "dbstow/operations/data_operations.h"
#include "dbstow/operations/operation_executor.h"
#include "io/system_clock.h"
#include "io/system_random.h"
#include "observability/audit_log.h"
#include "observability/loggers.h"
#include "observability/metrics_registry.h"
#include "secrets/env/env_secret_provider.h"
#include "secrets/exec/exec_secret_provider.h"
#include "secrets/file/file_secret_provider.h"
#include "secrets/secret_registry.h"
#include "support/fakes.h"

namespace dbstow {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kCanary = "canary-5d1e-hunter2";

/// A database whose server wants a password, and fails as it is told.
class GuardedInstance final : public DatabaseInstance, public SupportsBackup {
 public:
  GuardedInstance(const SecretRef& secret, std::function<Result<BackupResult>()> act)
      : DatabaseInstance(DatabaseEngine("guarded"), "shop", "",
                         {.host = "db1", .credentials = {"backup", secret, AuthType::kPassword}},
                         Able()),
        act_(std::move(act)) {}

  Result<BackupResult> Backup(const BackupOptions&, OperationContext& context) override {
    DBSTOW_ASSIGN(const SecretString secret,
                  context.secrets.Resolve(connection().credentials.secret_ref, context.deadline,
                                          context.stop));
    if (secret.Reveal() != kCanary) return Error(ErrorCode::kInternal, "not the canary");
    context.logger.Log(LogLevel::kInfo, "logged in", {{"user", connection().credentials.username}});
    return act_();
  }

 protected:
  Result<InstanceState> Probe(OperationContext&) override {
    return InstanceState{"1", Able(), {}, {}};
  }

 private:
  static CapabilitySet Able() {
    CapabilitySet able;
    able.Allow("backup").Allow("backup.full");
    return able;
  }
  std::function<Result<BackupResult>()> act_;
};

/// What the application puts together, in one folder.
class World {
 public:
  explicit World(const std::string& folder) : folder_(folder) {
    (void)engines_.Register({.engine = DatabaseEngine("guarded")});
    (void)secrets_.Register("env", secrets::CreateEnvSecretProvider());
    (void)secrets_.Register("file",
                            secrets::CreateFileSecretProvider(*files_, secrets::CurrentUser()));
    (void)secrets_.Register("exec", secrets::CreateExecSecretProvider({*processes_, *clock_}));
  }

  OperationResult Backup(GuardedInstance& instance, std::string_view key = "") {
    OperationContext context{trace_,   *clock_, *random_, *logger_, metrics_, nothing_,
                             secrets_, nullptr, {},       {},       false};
    OperationExecutor executor({engines_, *catalog_, *audit_, "alice@host"},
                               {.first_delay = std::chrono::milliseconds(1)});
    BackupOperation operation({});
    OperationResult result = executor.Execute(operation, instance, context, key);
    EXPECT_TRUE(metrics_.MergeIntoFile(folder_ + "/dbstow.prom", *shared_));
    return result;
  }
  Result<observability::AuditReport> VerifyAudit() {
    return observability::VerifyAuditLog(folder_ + "/audit.log", *shared_);
  }
  [[nodiscard]] std::string trace() const { return trace_.hex(); }

 private:
  std::string folder_;
  std::unique_ptr<Clock> clock_ = io::CreateSystemClock();
  std::unique_ptr<Random> random_ = io::CreateSystemRandom();
  std::unique_ptr<io::FileSystem> files_ = io::CreatePosixFileSystem();
  std::unique_ptr<io::ProcessRunner> processes_ = io::CreatePosixProcessRunner();
  std::unique_ptr<observability::SharedFiles> shared_ =
      observability::CreatePosixSharedFiles(*clock_);
  std::unique_ptr<observability::LineWriter> writer_ =
      *observability::CreateFileLineWriter(folder_ + "/dbstow.log");
  std::unique_ptr<Logger> logger_ =
      observability::CreateJsonLogger(*writer_, *clock_, {.level = LogLevel::kDebug});
  std::unique_ptr<AuditLogger> audit_ =
      observability::CreateAuditLog(folder_ + "/audit.log", *shared_, *clock_);
  std::unique_ptr<Catalog> catalog_ =
      catalog::CreateSqliteCatalog(folder_ + "/state", {*files_, *clock_, *logger_});
  observability::MetricsRegistry metrics_;
  NullSinks nothing_;
  secrets::SecretRegistry secrets_;
  EngineRegistry engines_;
  TraceId trace_ = TraceId::Generate(*random_);
};

std::string Contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string ToText(const OperationResult& result) {
  std::string text = result.message;
  if (result.error) text += result.error->ToString();
  for (const auto& [key, value] : result.details) text += " " + key + "=" + value;
  for (const std::string& each : result.warnings) text += " " + each;
  return text;
}

Result<BackupResult> Good() { return BackupResult{.backup_id = "b1", .bytes = {10, 5, 5}}; }

class RealPortsTest : public ::testing::Test {
 protected:
  // Every file that the run wrote, as one text.
  [[nodiscard]] std::string EverythingWritten() const {
    std::string text;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
      if (entry.is_regular_file()) text += entry.path().string() + Contents(entry.path());
    }
    return text;
  }
  test::ScratchFolder folder;
  test::ScratchFolder elsewhere;
};

TEST_F(RealPortsTest, NoSecretIsInAnythingThatARunLeaves) {
  ASSERT_EQ(::setenv("DBSTOW_CANARY", kCanary.c_str(), 1), 0);
  const std::string file = elsewhere / "password";
  std::ofstream(file) << kCanary << "\n";
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  const std::string program = elsewhere / "get";
  std::ofstream(program) << "#!/bin/sh\necho noise " << kCanary << " >&2\ncat " << file
                         << "\nexit $1\n";
  ASSERT_EQ(::chmod(program.c_str(), 0700), 0);
  World world(folder.path());
  std::string results;
  for (const SecretRef& ref : {SecretRef{"env", "DBSTOW_CANARY"}, SecretRef{"file", file},
                               SecretRef{"exec", program + " 0"}}) {
    int runs = 0;
    GuardedInstance instance(ref, [&runs]() -> Result<BackupResult> {
      if (++runs < 3) {
        return Error(ErrorCode::kUnavailable, "starting").WithRetry(Retry::kTransient);
      }
      return Good();
    });
    const OperationResult good = world.Backup(instance, ref.provider);
    EXPECT_TRUE(good.success) << good.message;
    results += ToText(good) + ToText(world.Backup(instance, ref.provider));
    GuardedInstance refused(ref, []() -> Result<BackupResult> {
      return Error(ErrorCode::kAuthenticationFailed, "password of user backup refused");
    });
    results += ToText(world.Backup(refused));
  }
  // The secret program fails after it has printed the secret to both of its outputs.
  GuardedInstance failing({"exec", program + " 3"}, Good);
  const OperationResult failed = world.Backup(failing);
  EXPECT_EQ(failed.error->code(), ErrorCode::kAuthenticationFailed);
  // The file becomes readable for others.
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  GuardedInstance open({"file", file}, Good);
  const OperationResult denied = world.Backup(open);
  EXPECT_EQ(denied.error->code(), ErrorCode::kPermissionDenied);
  results += ToText(failed) + ToText(denied);

  const std::string written = EverythingWritten();
  for (const char* name :
       {"/audit.log", "/audit.log.head", "/dbstow.log", "/dbstow.prom", "/state/catalog.sqlite"}) {
    EXPECT_THAT(written, HasSubstr(folder.path() + name));  // the search looks at all of them
  }
  EXPECT_THAT(written, Not(HasSubstr(kCanary)));
  EXPECT_THAT(results, Not(HasSubstr(kCanary)));
  EXPECT_THAT(results, HasSubstr("replayed=true"));
}

TEST_F(RealPortsTest, EveryLogLineAndAuditRecordHasTheCorrelationId) {
  ASSERT_EQ(::setenv("DBSTOW_CANARY", kCanary.c_str(), 1), 0);
  World world(folder.path());
  GuardedInstance instance({"env", "DBSTOW_CANARY"}, Good);
  ASSERT_TRUE(world.Backup(instance).success);
  int lines = 0;
  for (const char* name : {"dbstow.log", "audit.log"}) {
    std::istringstream text(Contents(folder / name));
    for (std::string line; std::getline(text, line); ++lines) {
      EXPECT_THAT(line, HasSubstr("\"correlation_id\":\"" + world.trace() + "\""));
    }
  }
  EXPECT_EQ(lines, 4);  // the engine's and the end; begin and end
  EXPECT_THAT(Contents(folder / "dbstow.prom"),
              HasSubstr("dbstow_operations_total{engine=\"guarded\",operation=\"backup\","
                        "outcome=\"success\"} 1\n"));
}

TEST_F(RealPortsTest, AKilledBackupFreesItsLeaseAndLeavesAnIntactAuditLog) {
  ASSERT_EQ(::setenv("DBSTOW_CANARY", kCanary.c_str(), 1), 0);
  const SecretRef secret{"env", "DBSTOW_CANARY"};
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    World world(folder.path());
    GuardedInstance hanging(secret, [&ready]() -> Result<BackupResult> {
      if (::write(ready[1], "y", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    });
    (void)world.Backup(hanging);
    ::_exit(1);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);

  World world(folder.path());
  GuardedInstance instance(secret, Good);
  const OperationResult second = world.Backup(instance);
  EXPECT_EQ(second.exit_status(), 8);
  EXPECT_THAT(second.message, HasSubstr("backup of 'shop' by alice@host"));

  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(world.Backup(instance).success);
  const auto report = world.VerifyAudit();
  ASSERT_TRUE(report) << report.error().ToString();
  EXPECT_TRUE(report->intact());
  EXPECT_EQ(report->records, 3u);  // begin of the killed one, begin and end of the next
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace dbstow
