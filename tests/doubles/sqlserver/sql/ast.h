#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "doubles/sqlserver/value/value.h"

namespace dbstow::doubles::sqlserver {

struct Select;

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

enum class ExprKind {
  kLiteral,   ///< `value` of `type`
  kVariable,  ///< `name`, with its @
  kGlobal,    ///< `name`, with its @@
  kColumn,    ///< `path`
  kUnary,     ///< `name` is - or +; one operand
  kBinary,    ///< `name` is + - * / % & | ^; two operands
  kCall,      ///< `name` is the function, upper case, with its schema if any
  kCast,      ///< one operand to `type`; `name` is CAST, CONVERT, TRY_CAST or TRY_CONVERT
  kCase,      ///< [input], WHEN, THEN, WHEN, THEN, … [ELSE]; `has_input`, `has_else`
  kSubquery,  ///< one value from `select`
  kStar,      ///< the * of COUNT(*)
  // Predicates from here on.
  kCompare,  ///< `name` is = <> < <= > >=; two operands
  kAnd,
  kOr,
  kNot,
  kIn,       ///< operand, then the list or `select`; `negated`
  kBetween,  ///< operand, low, high; `negated`
  kLike,     ///< operand, pattern, [escape]; `negated`
  kIsNull,   ///< operand; `negated`
  kExists,   ///< `select`
};

struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  int line = 0;
  std::string name;
  std::vector<std::string> path;
  SqlType type;
  Value value;
  std::vector<ExprPtr> operands;
  std::unique_ptr<Select> select;
  bool negated = false;
  bool has_input = false;
  bool has_else = false;
  bool distinct = false;  ///< of an aggregate

  [[nodiscard]] bool IsPredicate() const { return kind >= ExprKind::kCompare; }
};

/// [database.][schema.]name
struct ObjectName {
  std::vector<std::string> parts;
  [[nodiscard]] const std::string& name() const { return parts.back(); }
  [[nodiscard]] std::string ToString() const;
};

struct SelectItem {
  ExprPtr value;
  std::string alias;
  bool star = false;
  std::string star_source;  ///< the alias before `.*`
  std::string variable;     ///< SELECT @v = …
};

enum class JoinKind { kFirst, kComma, kInner, kLeft, kRight, kFull, kCross };

struct TableSource {
  JoinKind join = JoinKind::kFirst;
  ObjectName name;
  std::vector<ExprPtr> arguments;  ///< of a table-valued function
  bool is_function = false;
  std::unique_ptr<Select> derived;
  std::string alias;
  ExprPtr on;
};

struct OrderItem {
  ExprPtr value;
  bool descending = false;
};

struct Select {
  int line = 0;
  bool distinct = false;
  ExprPtr top;
  std::vector<SelectItem> items;
  std::vector<TableSource> from;
  ExprPtr where;
  std::vector<ExprPtr> group_by;
  ExprPtr having;
  std::unique_ptr<Select> union_with;
  bool union_all = false;
  std::vector<OrderItem> order_by;  ///< of the whole chain of unions; on its first
  ExprPtr offset;
  ExprPtr fetch;
};

struct InsertStatement {
  ObjectName table;
  std::vector<std::string> columns;
  std::vector<std::vector<ExprPtr>> rows;
  std::unique_ptr<Select> select;
};

struct UpdateStatement {
  ObjectName table;
  std::vector<std::pair<std::string, ExprPtr>> sets;
  ExprPtr where;
};

struct DeleteStatement {
  ObjectName table;
  ExprPtr where;
  bool truncates = false;
};

struct ColumnDefinition {
  std::string name;
  SqlType type;
  bool nullable = true;
  bool identity = false;
  bool key = false;
};

struct CreateTableStatement {
  ObjectName table;
  std::vector<ColumnDefinition> columns;
  std::string file_group;
};

struct DropTableStatement {
  std::vector<ObjectName> tables;
  bool if_exists = false;
};

struct Declaration {
  std::string name;
  SqlType type;
  ExprPtr value;
};
struct DeclareStatement {
  std::vector<Declaration> variables;
};
struct SetVariableStatement {
  std::string name;
  ExprPtr value;
};
/// SET NOCOUNT ON and its kind: the option's words, upper case, and its value.
struct SetOptionStatement {
  std::string option;
  std::string value;
};
struct UseStatement {
  std::string database;
};
struct PrintStatement {
  ExprPtr value;
};
struct WaitForStatement {
  ExprPtr delay;
};

enum class TransactionVerb { kBegin, kCommit, kRollback };
struct TransactionStatement {
  TransactionVerb verb = TransactionVerb::kBegin;
  std::string name;
  bool marked = false;
  std::string description;
};

struct FileSpec {
  std::string logical;
  std::string physical;
  std::string file_group;  ///< empty: PRIMARY
  std::int64_t size_kb = 8192;
  std::int64_t max_size_kb = -1;
  bool sized = false;  ///< something was said of its size
};

struct CreateDatabaseStatement {
  std::string name;
  std::vector<FileSpec> files;
  std::vector<FileSpec> log_files;
  std::string collation;
  std::string snapshot_of;  ///< AS SNAPSHOT OF this; empty: a database of its own
};

enum class AlterDatabaseAction {
  kSet,
  kRename,
  kAddFile,
  kAddFileGroup,
  kModifyFileGroup,  ///< `new_name` is the group, `option` READ_ONLY or READ_WRITE
  kRemoveFile
};
struct AlterDatabaseStatement {
  std::string name;
  AlterDatabaseAction action = AlterDatabaseAction::kSet;
  /// SET: the option, upper case, and its value ("RECOVERY", "FULL"; "SINGLE_USER", "").
  std::string option;
  std::string value;
  bool rollback_immediate = false;
  bool no_wait = false;
  std::string new_name;  ///< or the file group, or the file
  std::vector<FileSpec> files;
  bool log_file = false;
};

/// ALTER SERVER CONFIGURATION SET SUSPEND_FOR_SNAPSHOT_BACKUP = …
struct SuspendServerStatement {
  bool suspends = true;
  bool copy_only = false;
  std::vector<std::string> group;  ///< empty: every user database
};

struct DropDatabaseStatement {
  std::vector<std::string> names;
  bool if_exists = false;
};

enum class Ddl { kCreate, kAlter, kDrop };

/// `options` of logins, users, credentials, certificates and keys: name (upper case) and text.
struct PrincipalStatement {
  Ddl verb = Ddl::kCreate;
  std::string kind;  ///< LOGIN, USER, CREDENTIAL, MASTER KEY, CERTIFICATE, ROLE
  std::string name;
  std::vector<std::pair<std::string, std::string>> options;
};

struct RoleMemberStatement {
  bool server_role = false;
  bool adds = true;
  std::string role;
  std::string member;
};

struct PermissionStatement {
  std::string verb;  ///< GRANT, DENY, REVOKE
  std::vector<std::string> permissions;
  std::string object;  ///< empty: the database or the server
  std::vector<std::string> principals;
};

/// One WITH option of BACKUP, RESTORE and DBCC.
struct WithOption {
  std::string name;  ///< upper case
  ExprPtr value;     ///< a literal or a variable
  ExprPtr second;    ///< MOVE … TO this, STOPATMARK = … AFTER this
  std::vector<WithOption> nested;
  int line = 0;
};

enum class DeviceKind { kLogical, kDisk, kUrl, kTape, kVirtual };
struct DeviceSpec {
  DeviceKind kind = DeviceKind::kDisk;
  ExprPtr name;
};

/// FILE = 'x', FILEGROUP = 'y', READ_WRITE_FILEGROUPS, PAGE = '1:57, 2:31'
enum class SelectionKind { kFile, kFileGroup, kReadWriteFileGroups, kPage };
struct FileSelection {
  SelectionKind kind = SelectionKind::kFile;
  ExprPtr name;
};

/// BACKUP GROUP a, b and BACKUP SERVER are of databases that are suspended.
enum class BackupScope { kDatabase, kGroup, kServer };

struct BackupStatement {
  BackupScope scope = BackupScope::kDatabase;
  std::vector<ExprPtr> group;
  bool log = false;
  ExprPtr database;
  std::vector<FileSelection> selections;
  std::vector<DeviceSpec> devices;
  std::vector<std::vector<DeviceSpec>> mirrors;
  std::vector<WithOption> options;
};

enum class RestoreVerb {
  kDatabase,
  kLog,
  kHeaderOnly,
  kFileListOnly,
  kLabelOnly,
  kVerifyOnly,
  kRewindOnly
};
struct RestoreStatement {
  RestoreVerb verb = RestoreVerb::kDatabase;
  ExprPtr database;
  std::vector<FileSelection> selections;
  std::vector<DeviceSpec> devices;
  ExprPtr snapshot;
  std::vector<WithOption> options;
};

struct DbccStatement {
  std::string command;
  std::vector<std::string> arguments;
  std::vector<WithOption> options;
};
struct KillStatement {
  ExprPtr session;
};
struct CheckpointStatement {};

struct ExecArgument {
  std::string name;
  ExprPtr value;
  bool output = false;
};
struct ExecStatement {
  ObjectName procedure;
  std::vector<ExecArgument> arguments;
  ExprPtr text;  ///< EXEC (…)
};

struct SelectStatement {
  std::unique_ptr<Select> select;
};

struct Statement;
struct IfStatement {
  ExprPtr condition;
  std::vector<Statement> then;
  std::vector<Statement> otherwise;
};
struct BlockStatement {
  std::vector<Statement> body;
};
struct ReturnStatement {};

struct Statement {
  int line = 0;
  std::variant<SelectStatement, InsertStatement, UpdateStatement, DeleteStatement,
               CreateTableStatement, DropTableStatement, DeclareStatement, SetVariableStatement,
               SetOptionStatement, UseStatement, PrintStatement, WaitForStatement,
               TransactionStatement, CreateDatabaseStatement, AlterDatabaseStatement,
               SuspendServerStatement, DropDatabaseStatement, PrincipalStatement,
               RoleMemberStatement, PermissionStatement, BackupStatement, RestoreStatement,
               DbccStatement, KillStatement, CheckpointStatement, ExecStatement, IfStatement,
               BlockStatement, ReturnStatement>
      body;
};

}  // namespace dbstow::doubles::sqlserver
