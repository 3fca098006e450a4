#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "doubles/mongodb/bson/builder.h"

namespace dbstow::doubles::mongodb::testing {

using Json = nlohmann::ordered_json;

/// BSON from JSON, so that tests can be read. Numbers without a fraction are int32 when they fit;
/// what JSON has no word for is an object of one field: `{"$long": 1}`, `{"$uuid": "16 letters"}`,
/// `{"$timestamp": 1}`, `{"$date": ms}`, `{"$hex": "…"}` (a binary of subtype 0).
[[nodiscard]] std::string ToBson(const Json& json);
/// The same back: longs and UUIDs as numbers and hexadecimal text, other types as `{"$type": n}`.
[[nodiscard]] Json ToJson(const Document& document);

}  // namespace dbstow::doubles::mongodb::testing
