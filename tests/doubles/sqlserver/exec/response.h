#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "doubles/sqlserver/value/value.h"

namespace dbstow::doubles::sqlserver {

struct Column {
  std::string name;
  SqlType type;
};

/// Row counts and flags at the end of a statement.
struct Completion {
  std::uint16_t command = 0;  ///< the CurCmd of DONE
  bool counted = false;
  std::uint64_t rows = 0;
  bool failed = false;
};

enum class Change { kDatabase, kBeginTransaction, kCommit, kRollback };

/// Where a batch's answer goes, in the order it happens. Calls never fail: what cannot be sent any
/// more is dropped, and the statement ends at its next look at `Interruption`.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void Message(const SqlError& message, int line) = 0;  ///< severity ≤ 10 is INFO
  virtual void Columns(const std::vector<Column>& columns) = 0;
  virtual void Row(const std::vector<Value>& values) = 0;
  virtual void Done(const Completion& completion) = 0;
  /// A transaction's descriptor, or a database's name.
  virtual void Changed(Change change, const std::string& now, const std::string& before) = 0;
  /// What was said so far reaches the client now: messages of a long statement are live.
  virtual void Flush() = 0;
};

/// Why a statement must end early.
class Interruption {
 public:
  virtual ~Interruption() = default;
  /// True when the client sent an attention or went away, the session was killed, or the server
  /// stops. Cheap enough to be asked often; does not block.
  [[nodiscard]] virtual bool Interrupted() = 0;
};

}  // namespace dbstow::doubles::sqlserver
