#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/operation_result.h"
#include "dbstow/core/ports.h"

namespace dbstow::cli {

/// How far an operation is, with what only a watcher of the clock can say.
struct ProgressState {
  Progress progress;
  double bytes_per_second = 0;
  std::optional<std::chrono::milliseconds> remaining;
};

/// What a command says: data on standard output, everything for a person on standard error; or,
/// with --json, lines of JSON on standard output. Thread-safe.
class Output {
 public:
  virtual ~Output() = default;
  /// What a dry run would do.
  virtual void Plan(const Fields& plan) = 0;
  /// Rows of data with the same keys. `kind` is the word for one row.
  virtual void List(std::string_view kind, const std::vector<Fields>& rows) = 0;
  /// One piece of data in full.
  virtual void Describe(std::string_view kind, const Fields& fields) = 0;
  /// The one word that a script wants of a command: an id, a path, an outcome.
  virtual void Datum(std::string_view word) = 0;
  /// A text that is itself the data (a script, a schema).
  virtual void Text(std::string_view text) = 0;
  /// For a person only.
  virtual void Note(std::string_view text) = 0;
  virtual void ShowProgress(const ProgressState& state) = 0;
  virtual void ShowLog(LogLevel level, std::string_view message, const Fields& fields) = 0;
  /// The last thing said. Returns the exit status: that of the result, or 1 when what was said
  /// could not be written.
  [[nodiscard]] virtual int Finish(const OperationResult& result) = 0;
};

/// Whether somebody watches: then progress is one line that is drawn again and again.
enum class Audience { kTerminal, kLog };

[[nodiscard]] std::unique_ptr<Output> CreateHumanOutput(std::ostream& data, std::ostream& human,
                                                        Audience audience);
[[nodiscard]] std::unique_ptr<Output> CreateJsonOutput(std::ostream& data);

}  // namespace dbstow::cli
