#pragma once

#include <string>
#include <string_view>

#include "dbstow/core/error.h"

namespace dbstow::doubles::snowflake {

/// The vendor's number and SQLSTATE of one kind of failure.
struct SqlCode {
  std::string_view number;
  std::string_view state;
};

namespace codes {
inline constexpr SqlCode kUnsupported{"000002", "0A000"};
inline constexpr SqlCode kStatementCount{"000008", "0A000"};
inline constexpr SqlCode kCanceled{"000604", "57014"};
inline constexpr SqlCode kNoWarehouse{"000606", "57P03"};
inline constexpr SqlCode kTimedOut{"000630", "57014"};
inline constexpr SqlCode kTimeTravel{"000707", "02000"};
inline constexpr SqlCode kStatementNotFound{"000709", "02000"};
inline constexpr SqlCode kInvalidIdentifier{"000904", "42000"};
inline constexpr SqlCode kNotAggregated{"000979", "42601"};
inline constexpr SqlCode kInvalidArgument{"001007", "22023"};
inline constexpr SqlCode kInvalidValue{"001008", "22023"};
inline constexpr SqlCode kSyntax{"001003", "42000"};
inline constexpr SqlCode kTypeMismatch{"001038", "22023"};
inline constexpr SqlCode kMissingProperty{"001026", "22023"};
inline constexpr SqlCode kInvalidProperty{"001423", "22023"};
inline constexpr SqlCode kExists{"002002", "42710"};
inline constexpr SqlCode kDoesNotExist{"002003", "02000"};
inline constexpr SqlCode kObjectDoesNotExist{"002003", "42S02"};
inline constexpr SqlCode kColumnCount{"002020", "21S01"};
inline constexpr SqlCode kDuplicateColumn{"002025", "42S21"};
inline constexpr SqlCode kCannotPerform{"002043", "02000"};
inline constexpr SqlCode kUnknownFunction{"002140", "42601"};
inline constexpr SqlCode kBindMissing{"002049", "42601"};
inline constexpr SqlCode kSwapMismatch{"002097", "42601"};
inline constexpr SqlCode kDenied{"003001", "42501"};
inline constexpr SqlCode kRoleNotGranted{"003013", "42501"};
inline constexpr SqlCode kNoDatabase{"090105", "22000"};
inline constexpr SqlCode kNoSchema{"090106", "22000"};
inline constexpr SqlCode kNumber{"100038", "22018"};
inline constexpr SqlCode kNumberRange{"100039", "22003"};
inline constexpr SqlCode kBoolean{"100037", "22018"};
inline constexpr SqlCode kTimestamp{"100035", "22007"};
inline constexpr SqlCode kDate{"100040", "22007"};
inline constexpr SqlCode kDivision{"100051", "22012"};
inline constexpr SqlCode kJson{"100069", "22P02"};
inline constexpr SqlCode kNull{"100072", "22000"};
inline constexpr SqlCode kTooLong{"100078", "22000"};
inline constexpr SqlCode kColumnsInFile{"100080", "22000"};
inline constexpr SqlCode kBinary{"100115", "22000"};
inline constexpr SqlCode kFileFormat{"100016", "22000"};
inline constexpr SqlCode kStageFile{"100183", "02000"};
inline constexpr SqlCode kInternal{"300002", "XX000"};
}  // namespace codes

/// An error that a client sees as `code` and `sqlState` with this message, which starts as the
/// vendor's messages do.
[[nodiscard]] inline Error SqlError(const SqlCode& code, std::string message) {
  Error error(ErrorCode::kInvalidOptions, std::move(message));
  error.WithNative({"snowflake", std::string(code.number), std::string(code.state)});
  return error;
}

/// The same, marked as found while compiling.
[[nodiscard]] inline Error CompilationError(const SqlCode& code, const std::string& message) {
  return SqlError(code, "SQL compilation error:\n" + message);
}

[[nodiscard]] inline Error Unsupported(const std::string& what) {
  return SqlError(codes::kUnsupported, "Unsupported feature '" + what + "'.");
}

/// Whether `error` carries this vendor number.
[[nodiscard]] inline bool Is(const Error& error, const SqlCode& code) {
  return error.native() && error.native()->code == code.number;
}

}  // namespace dbstow::doubles::snowflake
