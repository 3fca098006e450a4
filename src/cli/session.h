#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "app/application.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "dbstow/core/secret.h"

namespace dbstow::cli {

/// What a run of the command line is given by its process.
struct Surroundings {
  Output& output;
  std::stop_token stop;
  SecretString passphrase;           ///< taken from DBSTOW_PASSPHRASE
  std::function<std::string()> ask;  ///< reads a line from the person; empty when there is none
  Duration progress_pace;
};

/// One run of a command: the arguments, and the parts of the product, opened as they are needed.
class Session {
 public:
  /// `trace`: what everything that the command does belongs to; `deadline`: of the whole command.
  Session(const Arguments& arguments, Surroundings& surroundings, TraceId trace, Deadline deadline);
  ~Session();

  [[nodiscard]] const Arguments& arguments() const { return arguments_; }
  [[nodiscard]] Output& output() { return surroundings_.output; }
  [[nodiscard]] const std::stop_token& stop() const { return surroundings_.stop; }
  [[nodiscard]] const Deadline& deadline() const { return deadline_; }

  /// Errors: as Application::Create.
  [[nodiscard]] Result<app::Application*> Application();
  [[nodiscard]] Result<std::unique_ptr<DatabaseInstance>> OpenInstance(
      std::string_view name_or_uri);

  /// With --repo a missing one is created, since the place was just typed; a configured one must be
  /// there: an unmounted disk is not an empty repository. A dry run imitates it.
  [[nodiscard]] Result<app::OpenedRepository*> RepositoryToWrite();
  /// Errors: NoRepository.
  [[nodiscard]] Result<app::OpenedRepository*> RepositoryToRead();
  [[nodiscard]] Result<RepositoryAddress> Address() const;

  /// Says what is going to be done, to whoever reads JSON or asked for a dry run.
  void Plan(const Fields& plan);
  /// Asks to type `word`, where there is somebody to ask and no --yes. Errors: SafetyRefused.
  [[nodiscard]] Result<void> Confirm(const std::string& question, const std::string& word);
  [[nodiscard]] Result<OperationContext> NewContext(BackupStore* store, ProgressSink* progress);
  /// Runs an operation and shows its progress.
  [[nodiscard]] Result<OperationResult> Execute(Operation& operation, DatabaseInstance& instance,
                                                BackupStore* store);
  /// Runs what is not an operation on an instance, with its audit records.
  [[nodiscard]] Result<OperationResult> Audited(const std::string& operation,
                                                const std::string& target,
                                                const std::function<Result<void>()>& body);

 private:
  [[nodiscard]] Result<app::OpenedRepository*> OpenOnce(RepositoryAddress::Missing missing);

  const Arguments& arguments_;
  Surroundings& surroundings_;
  const TraceId trace_;
  const Deadline deadline_;
  std::unique_ptr<Logger> logger_;
  std::unique_ptr<app::Application> application_;
  std::unique_ptr<app::OpenedRepository> repository_;
};

/// A failure as a result.
[[nodiscard]] OperationResult Failed(const Error& error);
/// A success with a message and details.
[[nodiscard]] OperationResult Done(std::string message, StringMap details = {});

}  // namespace dbstow::cli
