#pragma once

#include <string>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

/// The place of a type in the vendor's order of values: numbers are one place, strings and symbols
/// one. Comparisons of queries stay within one place.
[[nodiscard]] int TypeOrder(BsonType type);

/// Appends bytes whose order (memcmp) is the vendor's order of values. Decimals are ordered by
/// their nearest long double.
void AppendOrderKey(const Element& element, std::string& key);
[[nodiscard]] std::string OrderKey(const Element& element);

/// <0, 0, >0 in the vendor's order; field names do not count.
[[nodiscard]] int CompareValues(const Element& left, const Element& right);

}  // namespace dbstow::doubles::mongodb
