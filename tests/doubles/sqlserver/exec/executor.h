#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "doubles/sqlserver/exec/engine.h"
#include "doubles/sqlserver/exec/query_compiler.h"
#include "doubles/sqlserver/exec/response.h"
#include "doubles/sqlserver/sql/ast.h"

namespace dbstow::doubles::sqlserver {

struct Parameter {
  std::string name;
  TypedValue value;
};

/// Runs batches of one session. Takes the instance's lock for each statement and lets it go before
/// anything is sent.
class Executor final : public QueryScope {
 public:
  Executor(Engine& engine, Session& session, ResponseSink& sink, Interruption& interruption)
      : engine_(engine), session_(session), sink_(sink), interruption_(interruption) {}

  /// Every statement's answer goes to the sink. Returns false when an error ended the batch.
  bool Batch(const std::string& sql, const std::vector<Parameter>& parameters = {});
  /// BEGIN, COMMIT, ROLLBACK asked for by the protocol.
  bool Transaction(const TransactionStatement& statement);
  /// What a variable or parameter is after the batch.
  [[nodiscard]] SqlResult<TypedValue> Variable(const std::string& name) override;

 private:
  enum class Flow { kNext, kReturn, kAbort };
  struct Outcome {
    std::vector<Column> columns;
    std::vector<Row> rows;
    bool has_rows = false;
    Completion completion;
    std::vector<SqlError> messages;  ///< said before the end
    bool silent = false;             ///< no DONE of its own
  };
  using OutcomeOr = SqlResult<Outcome>;

  // executor.cc
  Flow RunAll(const std::vector<Statement>& statements);
  Flow RunOne(const Statement& statement);
  [[nodiscard]] OutcomeOr RunLocked(const Statement& statement);
  /// What the fault of a statement of that kind wants before it begins.
  [[nodiscard]] SqlResult<void> SufferAtOnce(const std::string& kind);
  [[nodiscard]] OutcomeOr Dispatch(const Statement& statement);
  [[nodiscard]] SqlResult<void> WaitFor(int holder);
  void Say(const Outcome& outcome);
  Flow Fail(const SqlError& error, int line);
  [[nodiscard]] SqlResult<void> Work(const std::function<SqlResult<void>()>& change);
  /// Errors: kBlocked while the database is suspended.
  [[nodiscard]] SqlResult<void> AwaitResume(int database) const;
  /// `change` within the session's transaction in that database, or one of its own.
  [[nodiscard]] SqlResult<void> Logged(int database,
                                       const std::function<SqlResult<void>(std::int64_t)>& change);

  // execute_query.cc
  [[nodiscard]] SqlResult<SourceTable> Resolve(const ObjectName& name,
                                               const std::vector<TypedValue>& arguments,
                                               bool is_function) override;
  [[nodiscard]] SqlResult<TypedValue> Global(const std::string& name) override;
  [[nodiscard]] Sqlite& store() override { return engine_.instance().store(); }
  /// Errors: 916, 923, 927, 942, 945.
  [[nodiscard]] SqlResult<void> CheckEntry(const Database& database);
  [[nodiscard]] OutcomeOr Execute(const SelectStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const DeclareStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const SetVariableStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const SetOptionStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const UseStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const PrintStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const TransactionStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const CheckpointStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const KillStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const WaitForStatement& statement);
  [[nodiscard]] SqlResult<SourceTable> Materialize(const std::vector<Column>& columns,
                                                   const std::vector<Row>& rows);

  // execute_data.cc
  struct Target {
    int database = 0;
    int table = 0;
    std::string name;
    std::vector<TableColumn> columns;
    SourceTable source;
  };
  enum class Access { kRows, kTable };
  [[nodiscard]] SqlResult<Target> TargetOf(const ObjectName& name, std::string_view permission,
                                           Access access = Access::kRows);
  [[nodiscard]] SqlResult<const Database*> WritableDatabase(const ObjectName& name);
  [[nodiscard]] OutcomeOr Execute(const InsertStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const UpdateStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const DeleteStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const CreateTableStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const DropTableStatement& statement);
  [[nodiscard]] SqlResult<std::vector<Row>> RowsToInsert(const InsertStatement& statement,
                                                         const Target& target);
  [[nodiscard]] SqlResult<Row> FitRow(const Target& target, const std::vector<std::size_t>& places,
                                      const std::vector<TypedValue>& values,
                                      std::int64_t& next_identity);

  // execute_database.cc
  [[nodiscard]] OutcomeOr Execute(const CreateDatabaseStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const AlterDatabaseStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const SuspendServerStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const DropDatabaseStatement& statement);
  [[nodiscard]] SqlResult<void> DropOne(const std::string& name);
  [[nodiscard]] SqlResult<void> AlterOption(const AlterDatabaseStatement& statement, int id);
  [[nodiscard]] SqlResult<void> AlterSuspension(const AlterDatabaseStatement& statement, int id);
  [[nodiscard]] SqlResult<void> AddFiles(const AlterDatabaseStatement& statement, int id);
  /// MODIFY FILEGROUP … NAME and DEFAULT.
  [[nodiscard]] SqlResult<void> RedefineFileGroup(const AlterDatabaseStatement& statement,
                                                  const Database& database, const FileGroup& group);
  [[nodiscard]] SqlResult<void> ModifyFileGroup(const AlterDatabaseStatement& statement, int id);

  // execute_dbcc.cc
  [[nodiscard]] OutcomeOr Execute(const DbccStatement& statement);
  [[nodiscard]] OutcomeOr CheckDatabase(const DbccStatement& statement);
  /// Into the backup folder, and verified.
  [[nodiscard]] SqlResult<void> BackUpClone(const std::string& name);

  // execute_security.cc
  [[nodiscard]] OutcomeOr Execute(const PrincipalStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const RoleMemberStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const PermissionStatement& statement);
  [[nodiscard]] SqlResult<void> ChangeLogin(const PrincipalStatement& statement);
  [[nodiscard]] SqlResult<void> ChangeUser(const PrincipalStatement& statement);
  [[nodiscard]] SqlResult<void> ChangeCredential(const PrincipalStatement& statement);
  [[nodiscard]] SqlResult<void> ChangeCertificate(const PrincipalStatement& statement);
  [[nodiscard]] SqlResult<void> ChangePermission(const PermissionStatement& statement,
                                                 const std::string& principal);

  // execute_exec.cc
  [[nodiscard]] OutcomeOr Execute(const BackupStatement& statement);
  [[nodiscard]] OutcomeOr Execute(const RestoreStatement& statement);
  Flow RunExec(const ExecStatement& statement, int line);
  /// sp_addumpdevice and sp_dropdevice.
  [[nodiscard]] SqlResult<void> AddDevice(const std::vector<std::string>& arguments);
  [[nodiscard]] SqlResult<void> DropDevice(const std::vector<std::string>& arguments);
  Flow RunNested(const std::string& sql, const std::vector<Parameter>& parameters);

  Engine& engine_;
  Session& session_;
  ResponseSink& sink_;
  Interruption& interruption_;
  std::unique_lock<std::mutex> lock_;
  std::map<std::string, TypedValue> variables_;  ///< by lower-case name
  int temporary_tables_ = 0;
  int depth_ = 0;
};

}  // namespace dbstow::doubles::sqlserver
