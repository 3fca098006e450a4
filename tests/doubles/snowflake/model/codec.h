#pragma once

#include <string>

#include "dbstow/core/result.h"
#include "doubles/snowflake/model/object.h"
#include "doubles/snowflake/model/query_record.h"

namespace dbstow::doubles::snowflake {

/// The forms in which the state file keeps things. Decoders: Corrupt for what no encoder wrote.
/// An object's memberships are not part of its text: they have rows of their own.
[[nodiscard]] std::string Encode(const Object& object);
[[nodiscard]] Result<Object> DecodeObject(const std::string& text);
[[nodiscard]] std::string Encode(const Partition& partition);
[[nodiscard]] Result<Partition> DecodePartition(const std::string& text);
[[nodiscard]] std::string Encode(const QueryRecord& query);
[[nodiscard]] Result<QueryRecord> DecodeQuery(const std::string& text);

}  // namespace dbstow::doubles::snowflake
