#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "dbstow/core/clock.h"
#include "dbstow/core/ports.h"

namespace dbstow::observability {

/// Takes whole lines, with their newline. Thread-safe; must not block for long: rather drops.
class LineWriter {
 public:
  virtual ~LineWriter() = default;
  virtual void Write(std::string_view line) = 0;
};

/// Writes to a file descriptor that stays the caller's (2 for standard error). A line that cannot
/// be taken within a moment (a stopped terminal, a full disk) is dropped; how many were is said in
/// the next line that can be.
[[nodiscard]] std::unique_ptr<LineWriter> CreateDescriptorLineWriter(int fd);

/// Appends to a file (created with mode 0600), line by line, so that several processes may share
/// it. Errors: what opening it says.
[[nodiscard]] Result<std::unique_ptr<LineWriter>> CreateFileLineWriter(const std::string& path);

/// What every line of a logger has in common.
struct LogOptions {
  LogLevel level = LogLevel::kInfo;  ///< what is below is left out
  Fields common;                     ///< in every line, for example {"correlation_id", …}
};
[[nodiscard]] std::string_view ToString(LogLevel level);
/// Errors: InvalidOptions naming the nearest of debug, info, warning, error.
[[nodiscard]] Result<LogLevel> LogLevelFromString(std::string_view text);

/// One JSON object per line: "time", "level", "message", the common fields, then the line's own.
/// The writer and the clock must outlive the logger.
[[nodiscard]] std::unique_ptr<Logger> CreateJsonLogger(LineWriter& writer, Clock& clock,
                                                       LogOptions options = {});

/// For people: "12:30:05 warning: message (key=value, …)"; without the common fields.
[[nodiscard]] std::unique_ptr<Logger> CreateTextLogger(LineWriter& writer, Clock& clock,
                                                       LogOptions options = {});

}  // namespace dbstow::observability
