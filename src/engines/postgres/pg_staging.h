#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

struct StagingRequest {
  ConnectionInfo server;  ///< any database of the server
  std::string target;     ///< the name to take at the end
  bool overwrite = false;
  std::string parameters;  ///< behind CREATE DATABASE name: encoding, locale
  std::string tablespace;  ///< empty: the default one, which also stands in for a missing one
};

/// A database that is built beside its target and takes the target's name at the end, in one
/// transaction: others see the old one or the new one, never neither. Destroying it unfinished
/// drops it. What a killed process left is recognised by its name, a mark that is there from the
/// first moment (a connection limit, then a comment) and a lock that nobody holds any more, and is
/// dropped by the next run for the same target.
class StagingDatabase {
 public:
  /// Errors: AlreadyExists (without overwrite), PermissionDenied, OutOfSpace.
  [[nodiscard]] static Result<std::unique_ptr<StagingDatabase>> Create(
      const StagingRequest& request, const OperationContext& context);
  ~StagingDatabase();
  StagingDatabase(const StagingDatabase&) = delete;
  StagingDatabase& operator=(const StagingDatabase&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  /// How to connect to it.
  [[nodiscard]] ConnectionInfo connection() const;
  /// The session in the maintenance database, for statements about the database as a whole.
  [[nodiscard]] PgSession& session() { return *session_; }
  [[nodiscard]] bool replaces() const { return exists_; }
  /// What the server, or making the database, had to remark.
  [[nodiscard]] std::vector<std::string> TakeWarnings();

  /// Takes the target's name; no session may be in it. Sessions of an old target are ended.
  /// `comment` becomes the database's own. Errors: AlreadyExists when somebody made a target
  /// meanwhile; Conflict. The old target, if any, is then dropped; one that cannot be is a warning,
  /// for the target is the new one by then.
  [[nodiscard]] Result<void> TakeName(const std::string& comment);
  /// Takes a name of its own beside the target, `<target>__partial_<8 hex digits>`, and loses its
  /// mark: it stays until somebody drops it. Returns the name.
  [[nodiscard]] Result<std::string> KeepBeside(const std::string& comment);
  /// Drops it. When that fails, the next run for the same target does.
  [[nodiscard]] Result<void> Drop();

  /// Whether the target exists. Errors, before anything is made: AlreadyExists without overwrite;
  /// PermissionDenied for one that is another's; SafetyRefused and InvalidOptions for one that the
  /// server would not drop, or with whose replication slots it would drop others' work.
  [[nodiscard]] static Result<bool> CheckTarget(PgSession& session, const std::string& target,
                                                bool overwrite);
  /// The call that ends the session `pid`. From 14 on the server can be asked to wait for its end;
  /// before, RENAME waits, and is repeated.
  [[nodiscard]] static std::string TerminateCall(int server_version);

  /// In what an unfinished database is dropped. A large one takes its time; but where somebody
  /// waits for the end already, ten seconds must do, since the next run drops what is left.
  [[nodiscard]] static OperationContext CleanupContext(const OperationContext& context);

  /// `<target>__dbstow_<8 hex digits>`, cut to the server's 63 bytes.
  [[nodiscard]] static std::string NameFor(const std::string& target, const std::string& id);

 private:
  StagingDatabase(StagingRequest request, const OperationContext& context);
  Result<void> DropLeftovers();
  Result<void> EndSessions(const std::string& condition);
  void DropRetired(const std::string& retired);
  Result<void> Make();
  Result<void> DropIn(const OperationContext& cleanup);
  Result<std::string> TablespaceClause();
  Result<void> RenameBoth(const std::string& comment, const std::string& retired);

  StagingRequest request_;
  OperationContext context_;
  std::unique_ptr<PgSession> session_;
  std::string name_;
  std::string lock_;  ///< key of the advisory lock that this run holds on it
  std::vector<std::string> warnings_;
  bool exists_ = false;
  bool made_ = false;
};

}  // namespace dbstow::postgres
