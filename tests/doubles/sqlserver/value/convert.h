#pragma once

#include "doubles/sqlserver/value/value.h"

namespace dbstow::doubles::sqlserver {

/// CAST of a value of type `from`. `style` is CONVERT's: 0 default, 126 ISO 8601 date-times, 1 and
/// 2 for binary as hexadecimal text. Errors as the server: 241, 245, 529, 8114, 8115, 8169.
[[nodiscard]] SqlResult<Value> Convert(const Value& value, const SqlType& from, const SqlType& to,
                                       int style = 0);
/// The text that a conversion to nvarchar(max) gives.
[[nodiscard]] std::string ToText(const Value& value, const SqlType& type, int style = 0);

}  // namespace dbstow::doubles::sqlserver
