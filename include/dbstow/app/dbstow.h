#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "dbstow/core/backup_store.h"
#include "dbstow/core/database_instance.h"
#include "dbstow/core/engine_registry.h"
#include "dbstow/core/operation_context.h"
#include "dbstow/core/secret.h"
#include "dbstow/operations/operation_executor.h"
#include "dbstow/operations/repository_operations.h"

namespace dbstow {

namespace app {
class Application;
}

/// Where a program's configuration comes from.
struct Settings {
  /// Empty: $DBSTOW_CONFIG, ./dbstow.toml, ~/.config/dbstow/dbstow.toml, /etc/dbstow/dbstow.toml;
  /// none of them is needed.
  std::string configuration_file;
  /// Where audit records, leases and first results are kept. Empty: $DBSTOW_STATE_DIR, the
  /// configured folder, /var/lib/dbstow for root, ~/.local/state/dbstow for others.
  std::string state_directory;
  /// Gets what is logged besides the configured file, from any thread of an operation; may be
  /// null; must outlive the Dbstow.
  Logger* logger = nullptr;
  /// What everything done with it belongs to, also log lines outside of any operation. Empty:
  /// $TRACEPARENT, or a new trace for every operation.
  std::optional<TraceId> trace;
};

/// Which repository, and how to unlock it.
struct RepositoryAddress {
  std::string uri;   ///< `file:///path`; empty: the configured one
  SecretRef secret;  ///< of the passphrase; when empty, the next of the following that is there
  const SecretString* passphrase = nullptr;  ///< read during the call; then $DBSTOW_PASSPHRASE,
                                             ///< then the configured reference
  enum class Missing {
    kCreate,
    kRefuse,  ///< NoRepository
    kImitate  ///< an empty one that can be read and not written: for dry runs
  } missing = Missing::kCreate;
  /// End the wait for a passphrase that a program prints (`exec:`): Timeout, Cancelled.
  Deadline deadline = {};
  std::stop_token stop = {};
};

/// An open repository. Thread-safe. What its store gives out (writers and their sinks, readers and
/// their sources) must not outlive it.
class OpenRepository {
 public:
  virtual ~OpenRepository() = default;
  [[nodiscard]] virtual BackupStore& store() = 0;
  /// For VerifyOperation and PruneOperation.
  [[nodiscard]] virtual RepositoryPort& port() = 0;
  [[nodiscard]] virtual const std::string& uri() const = 0;
};

/// What one operation is given; see OperationContext.
struct OperationSettings {
  BackupStore* store = nullptr;
  std::optional<std::chrono::milliseconds> timeout;
  std::stop_token stop;
  ProgressSink* progress = nullptr;  ///< may be null; must outlive the context
  std::string traceparent;           ///< empty: that of the settings, $TRACEPARENT, or a new trace
  enum class Effect { kChange, kDryRun } effect = Effect::kChange;
};

/// dbstow as a library: everything wired together as the command line does it.
///
///     auto stow = Dbstow::Create();
///     auto instance = (*stow)->OpenInstance("sqlite:///srv/app.db");
///     auto repository = (*stow)->Open({.uri = "file:///srv/backups"});
///     auto context = (*stow)->NewContext({.store = &(*repository)->store()});
///     BackupOperation backup(BackupOptions{});
///     OperationResult result = (*stow)->executor().Execute(backup, **instance, *context);
///
/// What it gives out must not outlive it. Thread-safe. Each operation has a context of its own.
///
/// What is one for the whole process is left to the program around it (docs/library.md):
/// - SIGPIPE and SIGXFSZ ignored: else they end the process where the call would give an error;
/// - SIGCHLD at its default, and no waiting for any child (`waitpid(-1)`): else it is unknown how a
///   program that was started has ended, which is IOError.
class Dbstow {
 public:
  /// Reads the configuration; creates and connects to nothing. Errors: InvalidOptions with file,
  /// line and column; NotFound (a file that was named and is missing); those of reading it.
  [[nodiscard]] static Result<std::unique_ptr<Dbstow>> Create(const Settings& settings = {});
  ~Dbstow();
  Dbstow(const Dbstow&) = delete;
  Dbstow& operator=(const Dbstow&) = delete;

  [[nodiscard]] const EngineRegistry& engines() const;
  [[nodiscard]] OperationExecutor& executor();

  /// A configured instance by name, or the one of a URI, whose name then is made of engine, host,
  /// port and database (docs/configuration.md). Does not connect.
  /// Errors: NotFound naming the nearest, InvalidOptions.
  [[nodiscard]] Result<std::unique_ptr<DatabaseInstance>> OpenInstance(
      std::string_view name_or_uri) const;

  /// Resolves the passphrase and unlocks. Errors: NoRepository, WrongKey, InvalidOptions (no
  /// passphrase: the hint says where to put one), those of secrets and stores.
  [[nodiscard]] Result<std::unique_ptr<OpenRepository>> Open(const RepositoryAddress& address = {});

  /// A traceparent that is malformed is logged, and a new trace begun. Errors: IOError,
  /// PermissionDenied (the state folder).
  [[nodiscard]] Result<OperationContext> NewContext(const OperationSettings& settings = {});

  /// Writes the metrics to the configured file, if any. Waits for other processes that write there
  /// some seconds at most, and a moment only after the deadline or a request to stop. Errors: those
  /// of the file system, Conflict, Timeout.
  [[nodiscard]] Result<void> WriteMetrics(Deadline deadline = Deadline::Never(),
                                          const std::stop_token& stop = {});

 private:
  explicit Dbstow(std::unique_ptr<app::Application> application);
  std::unique_ptr<app::Application> application_;
};

}  // namespace dbstow
