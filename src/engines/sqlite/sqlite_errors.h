#pragma once

#include <string>
#include <string_view>

#include "dbstow/core/error.h"

namespace dbstow::sqlite {

/// What the SQLite library said: an extended result code, its text, and errno when the operating
/// system was behind it.
struct NativeFailure {
  int code = 0;
  std::string text;
  int error_number = 0;
};

/// The Error for a failed call. `doing` continues "while …", `path` is the database.
[[nodiscard]] Error MapError(const NativeFailure& failure, std::string_view doing,
                             std::string_view path);

}  // namespace dbstow::sqlite
