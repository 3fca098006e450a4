#pragma once

#include "doubles/sqlserver/model/database_fields.h"
#include "doubles/sqlserver/value/sql_result.h"

/// What the log keeps of things that are not rows: their JSON.
namespace dbstow::doubles::sqlserver {

[[nodiscard]] inline SqlError BrokenLog() {
  return {3302, 21, "Redoing of logged operations failed: a log record is not readable."};
}

// The store's own bytes are JSON that this program wrote; a throw would be a defect.
template <class T>
[[nodiscard]] SqlResult<T> FromJsonText(const std::string& text) {
  T value;
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return BrokenLog();
  try {
    JsonReader::Decode(json, value);
  } catch (const nlohmann::json::exception&) {
    return BrokenLog();
  }
  return value;
}

template <class T>
[[nodiscard]] std::string ToJsonText(const T& value) {
  return JsonWriter::Encode(value).dump();
}

struct AddedFile {
  DatabaseFile file;
  FileGroup group;
};
template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, AddedFile>
void Fields(Archive& archive, T& added) {
  archive("file", added.file);
  archive("group", added.group);
}

}  // namespace dbstow::doubles::sqlserver
