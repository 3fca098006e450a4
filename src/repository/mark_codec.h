#pragma once

#include <set>
#include <string>

#include "dbstow/core/bytes.h"
#include "dbstow/core/clock.h"
#include "dbstow/core/result.h"

namespace dbstow::repository {

/// A prune mark lists manifest names, one a line, after a random line that makes it unique. The
/// object is named by the SHA-256 of its bytes, so that a damaged one is noticed.
[[nodiscard]] Bytes EncodeMark(const std::set<std::string>& names, Random& random);
[[nodiscard]] std::string MarkName(ByteView mark);
/// Errors: Corrupt.
[[nodiscard]] Result<std::set<std::string>> DecodeMark(ByteView mark, std::string_view name);

}  // namespace dbstow::repository
