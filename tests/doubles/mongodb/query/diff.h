#pragma once

#include <optional>
#include <string>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

/// The change from one document to another as the oplog's `$v: 2` entries hold it:
/// `{d: {gone: false}, u: {changed: value}, i: {new: value}, s<field>: {nested}}`, arrays as
/// `{a: true, l: length, u<n>: value, s<n>: {nested}}`. None when a diff cannot say it (repeated
/// field names): then the whole document is logged.
[[nodiscard]] std::optional<std::string> MakeDiff(const Document& before, const Document& after);

/// Errors: FailedToParse for what is no diff.
[[nodiscard]] Result<std::string> ApplyDiff(const Document& before, const Document& diff);

}  // namespace dbstow::doubles::mongodb
