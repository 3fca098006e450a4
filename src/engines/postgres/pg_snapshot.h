#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engines/postgres/pg_options.h"
#include "engines/postgres/pg_session.h"
#include "engines/postgres/pg_table_plan.h"

namespace dbstow::postgres {

/// One moment of a database, held by one transaction for as long as this object lives: an exported
/// snapshot and the weakest lock on every table, so that nothing is dropped, altered or truncated
/// while others read the same moment.
class PgSnapshot {
 public:
  /// Takes the snapshot, lists the tables, locks them, and looks whether one changed in between.
  /// Errors: PermissionDenied; UnsupportedCapability for names that are not UTF-8; Conflict
  /// (transient) when a table was dropped, altered or truncated meanwhile, or its lock is not to be
  /// had in `options.lock_timeout_ms`.
  [[nodiscard]] static Result<std::unique_ptr<PgSnapshot>> Take(const ConnectionInfo& connection,
                                                                const DumpOptions& options,
                                                                const OperationContext& context);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::vector<TablePlan>& tables() const { return tables_; }
  /// The session that holds it all. Used by one thread at a time.
  [[nodiscard]] PgSession& session() { return *session_; }

  /// Another session that sees the same moment, as patient with locks: behind somebody who waits to
  /// alter a table it would wait for ever, for they wait for us. Thread-safe.
  [[nodiscard]] Result<std::unique_ptr<PgSession>> Join(const OperationContext& context) const;

 private:
  explicit PgSnapshot(std::unique_ptr<PgSession> session);
  [[nodiscard]] Result<void> LockTables();
  [[nodiscard]] Result<void> CompareShapes(const DumpOptions& options,
                                           const OperationContext& context);

  std::unique_ptr<PgSession> session_;
  std::string id_;
  std::vector<TablePlan> tables_;
};

}  // namespace dbstow::postgres
