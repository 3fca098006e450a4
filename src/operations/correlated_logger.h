#pragma once

#include "dbstow/core/operation_context.h"
#include "dbstow/core/ports.h"

namespace dbstow::operations {

/// Adds a correlation id to every line that has none, whatever logger it is given.
class CorrelatedLogger final : public Logger {
 public:
  CorrelatedLogger(Logger& logger, TraceId trace) : logger_(logger), trace_(std::move(trace)) {}
  void Log(LogLevel level, std::string_view message, const Fields& fields) override;

 private:
  Logger& logger_;
  const TraceId trace_;
};

}  // namespace dbstow::operations
