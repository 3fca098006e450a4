#pragma once

#include <string>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

/// Errors: Location15975 and 15976 for directions that are neither 1 nor -1.
[[nodiscard]] Result<void> CheckSort(const Document& sort);

/// Bytes whose order is the order that `sort` asks for: of an array its least element counts, its
/// greatest when descending.
[[nodiscard]] std::string SortKey(const Document& sort, const Document& document);

}  // namespace dbstow::doubles::mongodb
