#include "operations/correlated_logger.h"

#include <algorithm>

namespace dbstow::operations {

void CorrelatedLogger::Log(LogLevel level, std::string_view message, const Fields& fields) {
  const std::string key = "correlation_id";
  if (std::ranges::any_of(fields, [&](const auto& field) { return field.first == key; })) {
    logger_.Log(level, message, fields);
    return;
  }
  Fields with_id = {{key, trace_.hex()}};
  with_id.insert(with_id.end(), fields.begin(), fields.end());
  logger_.Log(level, message, with_id);
}

}  // namespace dbstow::operations
