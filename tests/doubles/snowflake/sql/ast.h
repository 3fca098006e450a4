#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "doubles/snowflake/sql/value.h"

namespace dbstow::doubles::snowflake {

enum class ObjectKind {
  kAccount,
  kDatabase,
  kSchema,
  kTable,
  kView,
  kSequence,
  kStage,
  kFileFormat,
  kWarehouse,
  kRole,
  kUser,
};

/// "TABLE", as statements and messages write it.
[[nodiscard]] std::string ToString(ObjectKind kind);

/// An object name of one to three parts, folded to how the catalogue keeps it.
struct Name {
  std::vector<std::string> parts;
  [[nodiscard]] bool empty() const { return parts.empty(); }
  [[nodiscard]] const std::string& last() const { return parts.back(); }
};
/// `DB.S."t x"`: parts in quotes where they need them.
[[nodiscard]] std::string ToString(const Name& name);
[[nodiscard]] std::string QuoteIdentifier(const std::string& part);

struct SelectStatement;
struct Expression;
using Expressions = std::vector<Expression>;

enum class ExpressionKind {
  kLiteral,   ///< value
  kColumn,    ///< name; `$1` has its number in `position`
  kCall,      ///< text = function in upper case, arguments
  kUnary,     ///< text = "-", "NOT"
  kBinary,    ///< text = "+", "=", "AND", "||", …
  kCast,      ///< arguments[0] to type
  kCase,      ///< pairs of condition and value, then perhaps the ELSE
  kIn,        ///< arguments[0] in the others
  kBetween,   ///< three arguments
  kLike,      ///< text = "LIKE" or "ILIKE", two arguments
  kIsNull,    ///< one argument
  kStar,      ///< `*`
  kPath,      ///< arguments[0] : text, a key of an object
  kBind,      ///< position
  kSubquery,  ///< a scalar SELECT
};

struct Expression {
  ExpressionKind kind = ExpressionKind::kLiteral;
  std::string text;
  Value value;
  Name name;
  DataType type;
  Expressions arguments;
  int position = 0;
  bool negated = false;   ///< NOT IN, NOT LIKE, IS NOT NULL, NOT BETWEEN
  bool distinct = false;  ///< COUNT(DISTINCT x)
  bool try_cast = false;
  std::shared_ptr<const SelectStatement> query;
};

/// AT or BEFORE.
struct TimePoint {
  enum class Side { kAt, kBefore };
  enum class Anchor { kTimestamp, kOffset, kStatement };
  Side side = Side::kAt;
  Anchor anchor = Anchor::kTimestamp;
  Expression value;
};

/// `KEY = value` in an option list; a list `(…)` has `items`, a nested list of options `nested`.
struct Property;
using Properties = std::vector<Property>;
struct Property {
  std::string key;
  std::string text;
  bool quoted = false;
  std::vector<std::string> items;
  Properties nested;
};

/// `@db.schema.stage/path`, `@~/path`, `@%table/path`.
struct StageLocation {
  enum class Kind { kNamed, kUser, kTable };
  Kind kind = Kind::kNamed;
  Name name;
  std::string path;  ///< without the leading slash
};

struct TableReference {
  enum class Kind { kObject, kFunction, kStage, kSubquery };
  Kind kind = Kind::kObject;
  Name name;  ///< of the object or the function
  std::optional<TimePoint> time;
  Expressions arguments;                    ///< of a table function
  std::map<std::string, Expression> named;  ///< its named arguments
  StageLocation stage;
  Properties stage_options;
  std::shared_ptr<const SelectStatement> query;
  std::string alias;
};

struct SelectItem {
  Expression expression;
  std::string alias;
};
struct OrderItem {
  Expression expression;
  bool descending = false;
};
struct SelectStatement {
  bool distinct = false;
  std::vector<SelectItem> items;
  std::optional<TableReference> from;
  std::optional<Expression> where;
  Expressions group_by;
  std::vector<OrderItem> order_by;
  std::optional<Expression> limit;
  std::optional<Expression> offset;
};

struct ColumnDefinition {
  std::string name;
  DataType type;
  bool not_null = false;
  bool primary_key = false;
  std::optional<Expression> default_value;
  std::string default_text;  ///< as it was written, for DDL
  std::string comment;
};

struct CloneSource {
  Name name;
  std::optional<TimePoint> time;
  bool ignore_insufficient_retention = false;
  bool include_internal_stages = false;
};

struct CreateStatement {
  ObjectKind kind = ObjectKind::kTable;
  Name name;
  bool or_replace = false;
  bool if_not_exists = false;
  bool transient = false;
  bool temporary = false;
  bool copy_grants = false;
  bool managed_access = false;
  std::vector<ColumnDefinition> columns;
  std::vector<std::string> primary_key;
  std::optional<CloneSource> clone;
  std::optional<Name> like;
  std::shared_ptr<const SelectStatement> query;
  std::string query_text;
  Properties properties;
};

struct DropStatement {
  ObjectKind kind = ObjectKind::kTable;
  Name name;
  bool if_exists = false;
};
struct UndropStatement {
  ObjectKind kind = ObjectKind::kTable;
  Name name;
  std::optional<int64_t> id;  ///< UNDROP TABLE IDENTIFIER(id)
};

struct AlterStatement {
  enum class Action {
    kRename,
    kSwap,
    kSet,
    kUnset,
    kAddColumn,
    kDropColumn,
    kRenameColumn,
    kSuspend,
    kResume,
  };
  ObjectKind kind = ObjectKind::kTable;
  Name name;
  bool if_exists = false;
  Action action = Action::kSet;
  Name other;                             ///< new name, or the other half of a swap
  Properties properties;                  ///< SET; UNSET has keys only
  std::vector<ColumnDefinition> columns;  ///< ADD
  std::vector<std::string> column_names;  ///< DROP; RENAME has old and new
};

struct InsertStatement {
  Name table;
  bool overwrite = false;
  std::vector<std::string> columns;
  std::vector<Expressions> rows;  ///< an item of kind kColumn named DEFAULT is the default
  std::shared_ptr<const SelectStatement> query;
};
struct UpdateStatement {
  Name table;
  std::vector<std::pair<std::string, Expression>> assignments;
  std::optional<Expression> where;
};
struct DeleteStatement {
  Name table;
  std::optional<Expression> where;
};
struct TruncateStatement {
  Name table;
  bool if_exists = false;
};

struct UseStatement {
  enum class What { kDatabase, kSchema, kRole, kWarehouse, kSecondaryRoles, kDatabaseOrSchema };
  What what = What::kDatabase;
  Name name;
  bool all = false;  ///< USE SECONDARY ROLES ALL
};

struct AlterSessionStatement {
  Properties set;
  std::vector<std::string> unset;
};

struct ShowStatement {
  std::string what;  ///< "DATABASES", "GRANTS", "PARAMETERS", …
  bool terse = false;
  bool history = false;
  std::optional<std::string> like;
  std::optional<std::string> starts_with;
  std::optional<int64_t> limit;
  std::optional<std::string> from;
  /// IN, ON, TO or OF, then the kind that follows it ("ACCOUNT", "DATABASE", "ROLE", …) and a name.
  std::string preposition;
  std::string scope;
  Name scope_name;
};
struct DescribeStatement {
  ObjectKind kind = ObjectKind::kTable;
  Name name;
};

struct GrantStatement {
  enum class Verb { kGrant, kRevoke };
  Verb verb = Verb::kGrant;
  std::vector<std::string> privileges;  ///< "ALL" alone is all; empty: a role is granted
  std::string role;                     ///< GRANT ROLE role
  ObjectKind on = ObjectKind::kAccount;
  Name on_name;
  bool all_in_container = false;     ///< ON ALL TABLES IN …
  bool future_in_container = false;  ///< ON FUTURE TABLES IN …
  ObjectKind container = ObjectKind::kSchema;
  Name container_name;
  std::string to_role;
  std::string to_user;
  bool with_grant_option = false;
  enum class CurrentGrants { kMustBeNone, kCopy, kRevoke };
  CurrentGrants current_grants = CurrentGrants::kMustBeNone;  ///< of OWNERSHIP
};

struct CopyIntoTableStatement {
  Name table;
  std::vector<std::string> columns;
  StageLocation stage;
  std::shared_ptr<const SelectStatement> query;  ///< a transformation; its FROM is the stage
  Properties options;
};
struct CopyIntoLocationStatement {
  StageLocation stage;
  std::optional<Name> table;
  std::shared_ptr<const SelectStatement> query;
  Properties options;
};
struct PutStatement {
  std::string local;  ///< without `file://`
  StageLocation stage;
  Properties options;
};
struct GetStatement {
  StageLocation stage;
  std::string local;
  Properties options;
};
struct ListStatement {
  StageLocation stage;
  std::optional<std::string> pattern;
};
struct RemoveStatement {
  StageLocation stage;
  std::optional<std::string> pattern;
};

using StatementBody =
    std::variant<SelectStatement, CreateStatement, DropStatement, UndropStatement, AlterStatement,
                 InsertStatement, UpdateStatement, DeleteStatement, TruncateStatement, UseStatement,
                 AlterSessionStatement, ShowStatement, DescribeStatement, GrantStatement,
                 CopyIntoTableStatement, CopyIntoLocationStatement, PutStatement, GetStatement,
                 ListStatement, RemoveStatement>;

struct Statement {
  StatementBody body;
  std::string text;  ///< as it was sent, without the semicolon
};

/// The last property of that key, or none.
[[nodiscard]] const Property* FindProperty(const Properties& properties, std::string_view key);

}  // namespace dbstow::doubles::snowflake
