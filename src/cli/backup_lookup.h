#pragma once

#include <memory>
#include <string>

#include "cli/session.h"
#include "dbstow/operations/operation.h"

namespace dbstow::cli {

/// A backup of the repository and an instance to work on it with.
struct FoundBackup {
  BackupRecord record;
  std::unique_ptr<DatabaseInstance> instance;
};

/// What must be known of the instance of a backup.
enum class InstanceNeed {
  kName,    ///< its chain: checks of the repository
  kEngine,  ///< its engine can be used, its database need not be there: native files
  kServer,  ///< it can be connected to: a real restore
};

/// The backup whose id begins with `selector`, or the newest of the chain of --instance or of the
/// only chain there is (`latest`). Errors: NotFound, InvalidOptions when it could be several.
[[nodiscard]] Result<BackupRecord> FindRecord(Session& session, std::string_view selector);
/// The same, but one of `chain` comes before all of other chains.
[[nodiscard]] Result<BackupRecord> FindRecord(Session& session, std::string_view selector,
                                              const std::string& chain);
[[nodiscard]] Result<FoundBackup> FindBackup(Session& session, std::string_view selector,
                                             InstanceNeed need);
/// Takes out what an operation says of a database that only stands in for one that is not
/// configured.
void DropRemarksOnStandIn(const DatabaseInstance& instance, OperationResult& result);
/// The chain that an instance, or the name of one that is no longer configured, stands for.
[[nodiscard]] Result<std::string> ChainOf(Session& session, const std::string& name_or_uri);
/// That of --instance or the INSTANCE typed, else all that the repository has.
[[nodiscard]] Result<std::vector<std::string>> ChainsToWorkOn(Session& session);
/// The chain as an instance, also when it has no backup or none that can be read. Nothing but the
/// repository is looked at with it.
[[nodiscard]] RecordedInstance ChainAsInstance(BackupStore& store, const std::string& chain);
/// The instance of a chain that may be known from its backups alone.
[[nodiscard]] Result<std::unique_ptr<DatabaseInstance>> InstanceOfChain(Session& session,
                                                                        const BackupRecord& record,
                                                                        InstanceNeed need);

}  // namespace dbstow::cli
