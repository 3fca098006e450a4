#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "doubles/sqlserver/exec/engine.h"
#include "doubles/sqlserver/exec/query_compiler.h"
#include "doubles/sqlserver/exec/response.h"

namespace dbstow::doubles::sqlserver {

/// What a long statement works with. `lock` is the instance's, held; it is let go while devices are
/// slow.
struct OperationContext {
  Engine& engine;
  Session& session;
  ResponseSink& sink;
  Interruption& interruption;
  std::unique_lock<std::mutex>& lock;
};

using Evaluate = std::function<SqlResult<TypedValue>(const Expr&)>;

/// Waits, breaks the connection, says the errors of `fault` but the last, which is returned: number
/// 0 when there is none. Success when it only waits.
[[nodiscard]] SqlResult<void> Suffer(const OperationContext& context, const StatementFault& fault);

/// Reports "n percent processed." each `stats` percent (0: never), at the pace that the faults say,
/// and looks for interruptions. Errors: 3204, and what the fault wants.
[[nodiscard]] SqlResult<void> RunPercents(const OperationContext& context, int stats);

/// What `io` says, with the instance let go: devices are slow, and others go on. What was found out
/// before it may not be so after it.
template <class Io>
[[nodiscard]] auto WithoutLock(const OperationContext& context, Io io) {
  context.lock.unlock();
  auto outcome = io();
  context.lock.lock();
  return outcome;
}

[[nodiscard]] inline SqlError Abnormal(const std::string& statement) {
  return {3013, 16, statement + " is terminating abnormally."};
}

}  // namespace dbstow::doubles::sqlserver
