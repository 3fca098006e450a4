#include "engines/sqlite/integrity_check.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "io/thread_start.h"

namespace dbstow::sqlite {
namespace {

constexpr auto kBetweenLooks = std::chrono::milliseconds(50);

/// Interrupts the session's statement when the context says so.
///
/// A progress handler is not enough here: SQLite before 3.42 walks all trees of a database in one
/// step of its virtual machine, which calls no handler, but heeds an interrupt at every page. Where
/// no thread can be had, the handler has to do: the check is worth more than a quick end of it.
class Interrupter {
 public:
  Interrupter(Session& session, const OperationContext& context)
      : work_([this, &session, &context](const std::stop_token& done) {
          std::unique_lock lock(mutex_);
          while (
              !wake_.wait_for(lock, done, kBetweenLooks, [&] { return done.stop_requested(); })) {
            if (!context.CheckAlive("checking")) session.Interrupt();
          }
        }),
        watch_(io::TryStartThread(work_)) {}

 private:
  const io::ThreadWork work_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<std::jthread> watch_;  // last, so that it ends before what it uses
};

}  // namespace

Result<std::vector<std::string>> FindDamage(Session& session, Integrity wanted, int most,
                                            const OperationContext& context) {
  std::vector<std::string> found;
  if (wanted == Integrity::kNone) return found;
  const char* const pragma = wanted == Integrity::kQuick ? "quick_check" : "integrity_check";
  Result<void> checked;
  {
    const Interrupter interrupter(session, context);
    checked = session.Scan("PRAGMA " + std::string(pragma) + "(" + std::to_string(most) + ")",
                           [&](const Row& row) {
                             const std::string line = row.text(0);
                             if (line != "ok") found.push_back(line);
                             return Result<void>();
                           });
  }
  // An interrupted walk may end as if it had found damage: the pages that it did not come to.
  DBSTOW_TRY(context.CheckAlive("checking the integrity of '" + session.path() + "'"));
  DBSTOW_TRY(std::move(checked));
  return found;
}

}  // namespace dbstow::sqlite
