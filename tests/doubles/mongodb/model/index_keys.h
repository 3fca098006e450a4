#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

/// Calls `each` with every value at a dotted path, arrays on the way expanded: what an index key
/// and a sort see. A missing path gives one absent element.
void ForEachIndexedValue(const Document& document, std::string_view path,
                         const std::function<void(const Element&)>& each);

/// All keys of a document in an index of pattern `{field: direction, …}`, as bytes whose order is
/// the index's order. More than one for an array (of parallel
/// arrays only the first spreads out); absent fields count as null.
[[nodiscard]] std::vector<std::string> IndexKeys(const Document& pattern, const Document& document);

/// True when two fields of the pattern are arrays in `document`, which no index takes.
[[nodiscard]] bool HasParallelArrays(const Document& pattern, const Document& document);

/// One key made of the values of `values` in order, for the bounds `min` and `max`.
[[nodiscard]] std::string BoundKey(const Document& pattern, const Document& values);

}  // namespace dbstow::doubles::mongodb
