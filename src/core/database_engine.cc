#include "dbstow/core/database_engine.h"

#include <algorithm>

namespace dbstow {
namespace {

bool IsValidId(std::string_view id) {
  if (id.empty() || id.size() > 32 || id[0] < 'a' || id[0] > 'z') return false;
  return std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

Result<DatabaseEngine> DatabaseEngine::Create(std::string_view id) {
  if (!IsValidId(id)) {
    return Error(ErrorCode::kInvalidOptions, "'" + std::string(id) + "' is not an engine id")
        .WithHint("use lower-case letters, digits, '-' and '_', starting with a letter");
  }
  return DatabaseEngine(id);
}

DatabaseEngine::DatabaseEngine(std::string_view literal) : id_(literal) {
  if (!IsValidId(literal)) std::abort();
}

}  // namespace dbstow
