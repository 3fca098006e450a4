#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "doubles/sqlserver/exec/faults.h"
#include "doubles/sqlserver/sql/ast.h"
#include "doubles/sqlserver/value/date_time.h"

namespace dbstow::doubles::sqlserver {

/// An explicit transaction of a session: its part in every database it changed.
struct SessionTransaction {
  int depth = 0;  ///< @@TRANCOUNT
  std::string name;
  std::string mark;
  std::string mark_description;
  std::map<int, std::int64_t> parts;
  std::uint64_t descriptor = 0;
};

struct PreparedStatement {
  std::string sql;
  std::vector<Declaration> parameters;
};

/// One login's connection. Its own thread uses it; what others may see of it is under the
/// instance's lock.
struct Session {
  int id = 0;
  std::string login;
  std::string host;
  std::string program;
  int database = 1;
  Milliseconds login_time = 0;

  bool no_count = false;
  bool abort_on_error = false;
  bool implicit_transactions = false;
  int lock_timeout_ms = -1;
  std::int64_t row_count = 0;
  int last_error = 0;
  SessionTransaction transaction;
  std::map<int, PreparedStatement> prepared;
  int next_handle = 1;

  // What sys.dm_exec_requests shows.
  std::string command;
  double percent = 0;
  Milliseconds request_start = 0;
  std::string wait_type;

  std::optional<StatementFault> fault;  ///< of the statement that runs
  std::atomic<bool> killed = false;
  bool cut = false;  ///< and nothing may be said any more
};

}  // namespace dbstow::doubles::sqlserver
