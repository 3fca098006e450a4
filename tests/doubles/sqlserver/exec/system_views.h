#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doubles/sqlserver/exec/query_compiler.h"
#include "doubles/sqlserver/exec/session.h"
#include "doubles/sqlserver/model/instance.h"

namespace dbstow::doubles::sqlserver {

/// What a view is filled from. Under the instance's lock.
struct ViewContext {
  Instance& instance;
  const Session& session;
  const std::map<int, Session*>& sessions;
  const Database& database;  ///< the one named, or the session's
  const std::vector<TypedValue>& arguments;
};

struct ViewRows {
  std::vector<Column> columns;
  std::vector<Row> rows;
};

/// A catalog view, management view, msdb table or table-valued function, by "schema.name" in lower
/// case. Nothing when there is none. Errors: 300 without VIEW SERVER STATE.
[[nodiscard]] SqlResult<std::optional<ViewRows>> ReadSystemView(const std::string& name,
                                                                const ViewContext& context);

/// "a int, b nvarchar(128)" as columns.
[[nodiscard]] std::vector<Column> ColumnsOf(std::string_view specification);
/// Numbers as values of the column types that the views use.
[[nodiscard]] Value DecimalOf(std::int64_t number);
[[nodiscard]] Value TimeOf(Milliseconds time);
[[nodiscard]] inline Value Bit(bool is) { return Int(is ? 1 : 0); }
/// NULL for none.
[[nodiscard]] inline Value GuidOf(const std::string& guid) {
  return guid.empty() ? Value() : Text(guid);
}

// The msdb half: msdb_views.cc.
[[nodiscard]] SqlResult<std::optional<ViewRows>> ReadMsdbView(const std::string& name,
                                                              const ViewContext& context);

}  // namespace dbstow::doubles::sqlserver
