#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "doubles/snowflake/sql/ast.h"
#include "doubles/snowflake/sql/value.h"

namespace dbstow::doubles::snowflake {

using Id = int64_t;
/// Numbers the commits from 1: version v is the state after commit v.
using Version = int64_t;
inline constexpr Version kForever = std::numeric_limits<Version>::max();
/// Nanoseconds of the virtual clock since 1970.
using Nanos = int64_t;
inline constexpr Nanos kNanosPerSecond = 1000000000;
inline constexpr Nanos kNanosPerDay = 86400 * kNanosPerSecond;
/// The one object of kind kAccount: what contains databases, warehouses, roles and users.
inline constexpr Id kAccountId = 1;

/// Where an object is from a version on: renames, drops and undrops append one.
struct Placement {
  Version from = 0;
  Id container = 0;
  std::string name;
  bool live = true;
};

struct Grant {
  std::string privilege;
  Id role = 0;
  bool with_option = false;
  Id granted_by = 0;
  Nanos created = 0;
};
/// On a database or schema: given to each object of that kind made inside it later.
struct FutureGrant {
  ObjectKind kind = ObjectKind::kTable;
  Grant grant;
};

struct Column {
  Id id = 0;  ///< within its table, never used again
  std::string name;
  DataType type;
  bool not_null = false;
  bool primary_key = false;
  std::string default_text;
  Id default_sequence = 0;  ///< NEXTVAL of it, whatever it is called by then
  std::string comment;
  std::optional<std::string> fill;  ///< wire value for rows older than the column
};

/// Rows that a table holds in [from, to). Partitions never change, so clones share them.
struct Membership {
  Id partition = 0;
  Version from = 0;
  Version to = kForever;
};
struct LoadedFile {
  std::string file;
  std::string etag;
  Nanos loaded = 0;
};
struct TableDetail {
  std::vector<Column> columns;
  Id next_column = 1;
  std::vector<Membership> memberships;
  std::vector<LoadedFile> loaded;
};
struct ViewDetail {
  std::string query;
};
struct SequenceDetail {
  int64_t start = 1;
  int64_t step = 1;
  int64_t next = 1;
};
/// Stage, file format, warehouse, user: what their options say, as they were written.
struct OptionDetail {
  std::map<std::string, std::string> options;
};
/// Roles that a role or user has been granted.
struct PrincipalDetail {
  std::map<std::string, std::string> options;
  std::vector<Id> roles;
};

using Detail = std::variant<std::monostate, TableDetail, ViewDetail, SequenceDetail, OptionDetail,
                            PrincipalDetail>;

struct Object {
  Id id = 0;
  ObjectKind kind = ObjectKind::kTable;
  Id owner = 0;  ///< a role
  std::string comment;
  bool transient = false;
  bool managed_access = false;
  std::string session;  ///< temporary: the session that alone sees it
  std::optional<int> retention;
  Nanos created = 0;
  Nanos dropped = 0;  ///< of the last drop
  Nanos altered = 0;
  Nanos readable_from = 0;  ///< earlier states were already purged at some moment
  int retention_at_drop = 0;
  std::vector<Placement> placements;
  std::vector<Grant> grants;
  std::vector<FutureGrant> future_grants;
  Detail detail;

  [[nodiscard]] const Placement& placement() const { return placements.back(); }
  [[nodiscard]] const std::string& name() const { return placement().name; }
  [[nodiscard]] Id container() const { return placement().container; }
  [[nodiscard]] bool live() const { return placement().live; }
  [[nodiscard]] Version created_in() const { return placements.front().from; }
  /// None before it existed.
  [[nodiscard]] const Placement* PlacementAt(Version version) const;

  [[nodiscard]] const TableDetail* table() const { return std::get_if<TableDetail>(&detail); }
  [[nodiscard]] TableDetail* table() { return std::get_if<TableDetail>(&detail); }
  [[nodiscard]] const std::map<std::string, std::string>& options() const;
  [[nodiscard]] std::map<std::string, std::string>* mutable_options();
  /// The option's text or `fallback`.
  [[nodiscard]] std::string Option(const std::string& key, const std::string& fallback = "") const;
};

/// Immutable rows with the ids of the columns they were written for.
struct Partition {
  std::vector<Id> column_ids;
  std::vector<DataType> types;
  std::vector<Row> rows;
};

/// When a version was made, and by which statement.
struct CommitRecord {
  Version version = 0;
  Nanos time = 0;
  std::string query_id;
};

}  // namespace dbstow::doubles::snowflake
