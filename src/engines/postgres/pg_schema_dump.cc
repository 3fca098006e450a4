#include "engines/postgres/pg_schema_dump.h"

#include <algorithm>

#include "engines/postgres/pg_archive_toc.h"
#include "engines/postgres/pg_connection.h"
#include "engines/postgres/pg_raw_names.h"

namespace dbstow::postgres {
namespace {

// The line of "pg_dump: error: …" that says most.
std::string LastWords(const std::string& errors) {
  std::size_t at = errors.find("ERROR:  ");
  if (at == std::string::npos) at = errors.find("FATAL:  ");
  if (at == std::string::npos) at = errors.find("error: ");
  if (at == std::string::npos) at = 0;
  return errors.substr(at, errors.find('\n', at) - at);
}

// The lines "pg_dump: warning: …".
std::vector<std::string> WarningsIn(std::string_view said) {
  static constexpr std::string_view kBegin = "pg_dump: warning: ";
  std::vector<std::string> warnings;
  while (!said.empty()) {
    const std::string_view line = said.substr(0, said.find('\n'));
    if (line.starts_with(kBegin)) {
      warnings.push_back("pg_dump: " + Showable(std::string(line.substr(kBegin.size()))));
    }
    said.remove_prefix(std::min(line.size() + 1, said.size()));
  }
  return warnings;
}

// So that literals are written as they are read again, whatever the role or the database has set.
// Some poolers take no options, so they are given only where something depends on them.
Result<ConnectionInfo> ConnectionFor(PgSession& session) {
  DBSTOW_ASSIGN(const PgRows rows,
                session.Query("SELECT (SELECT reset_val FROM pg_settings"
                              "  WHERE name = 'standard_conforming_strings') = 'off',"
                              " EXISTS (SELECT FROM pg_attribute WHERE attrelid >= 16384"
                              "  AND atttypid IN ('money'::regtype, 'money[]'::regtype))"));
  std::string options;
  if (rows.IsTrue(0, 0)) options += " -c standard_conforming_strings=on";
  if (rows.IsTrue(0, 1)) options += " -c lc_monetary=C";
  if (options.empty()) return session.connection();
  return WithServerOptions(session.connection(), options);
}

Error Failure(const io::ProcessOutcome& outcome) {
  const std::string& said = outcome.error_tail;
  const auto says = [&said](std::string_view text) { return said.find(text) != std::string::npos; };
  const std::string message =
      "pg_dump cannot read the schema: " +
      (outcome.signal != 0 ? "ended by signal " + std::to_string(outcome.signal) : LastWords(said));
  // pg_dump waits for a lock under a statement_timeout, whatever its option is called.
  if (says("lock timeout") || says("statement timeout") || says("could not obtain lock")) {
    return Error(ErrorCode::kConflict, message)
        .WithRetry(Retry::kTransient)
        .WithHint("another session holds or awaits a lock that forbids reading a table");
  }
  if (says("permission denied")) return Error(ErrorCode::kPermissionDenied, message);
  if (says("server closed the connection") || says("terminating connection") ||
      says("connection to server") || says("the database system is")) {
    return Error(ErrorCode::kUnavailable, message).WithRetry(Retry::kTransient);
  }
  if (says("does not exist") || says("cache lookup failed") || says("could not find") ||
      says("could not open relation")) {
    return Error(ErrorCode::kConflict, message)
        .WithRetry(Retry::kTransient)
        .WithHint("an object was dropped while the backup began: run it again");
  }
  return Error(ErrorCode::kIoError, message);
}

// A schema that cannot be read again is no backup, whatever the exit status says.
Result<void> CheckWhole(const PgArchiveProof& proof, const ClientProgram& pg_dump) {
  auto whole = proof.Finish();
  if (whole || whole.error().code() == ErrorCode::kUnsupportedCapability) return whole;
  return Error(ErrorCode::kIoError,
               "'" + pg_dump.path + "' ended well, but the schema that it wrote is not whole")
      .WithHint("back up again; when it stays so, reinstall the PostgreSQL client programs")
      .WithCause(std::move(whole).error());
}

}  // namespace

Result<std::vector<std::string>> DumpSchema(const SchemaDumpRequest& request,
                                            const EnginePorts& ports,
                                            const OperationContext& context,
                                            const std::function<Result<void>(ByteView)>& consume) {
  PgSession& session = request.snapshot.session();
  DBSTOW_ASSIGN(const SecretString password, ResolvePassword(session.connection(), context));
  DBSTOW_ASSIGN(const ConnectionInfo connection, ConnectionFor(session));
  io::Command command;
  command.program = request.pg_dump.path;
  command.arguments = {"--format=custom",
                       "--compress=0",
                       "--schema-only",
                       "--create",
                       "--no-password",
                       "--encoding=" + session.encoding(),
                       "--snapshot=" + request.snapshot.id(),
                       "--lock-wait-timeout=" + std::to_string(request.lock_timeout_ms),
                       "--dbname=" + ConninfoOf(ParametersOf(connection, context))};
  command.environment = {{"LC_ALL", "C"}};
  if (!password.empty()) {
    command.secret_files.emplace_back("PGPASSFILE", PasswordFile(password).Reveal());
  }
  PgArchiveProof proof;
  const auto prove_and_consume = [&](ByteView bytes) {
    proof.Take(bytes);
    return consume(bytes);
  };
  DBSTOW_ASSIGN(const io::ProcessOutcome outcome,
                ports.processes.Run(command, prove_and_consume, context.clock, context.deadline,
                                    context.stop));
  if (outcome.ok()) {
    DBSTOW_TRY(CheckWhole(proof, request.pg_dump));
    return WarningsIn(outcome.error_tail);
  }
  // pg_dump has many words for a server or database that went away; the session says it plainly.
  DBSTOW_TRY(session.Query("SELECT 1"));
  return Failure(outcome);
}

}  // namespace dbstow::postgres
