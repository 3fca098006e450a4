#include "doubles/snowflake/exec/executor.h"

#include "doubles/snowflake/exec/copy.h"
#include "doubles/snowflake/exec/ddl.h"
#include "doubles/snowflake/exec/dml.h"
#include "doubles/snowflake/exec/grants.h"
#include "doubles/snowflake/exec/select.h"
#include "doubles/snowflake/exec/session_statements.h"
#include "doubles/snowflake/exec/show.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr int64_t kDdl = 0x6000;

Result<ResultSet> AsDdl(Result<ResultSet> result) {
  if (result) result->statement_type_id = kDdl;
  return result;
}

struct Dispatch {
  const Execution& execution;

  Result<ResultSet> operator()(const SelectStatement& s) const {
    return ExecuteSelect(execution, s);
  }
  Result<ResultSet> operator()(const CreateStatement& s) const {
    return AsDdl(ExecuteCreate(execution, s));
  }
  Result<ResultSet> operator()(const DropStatement& s) const {
    return AsDdl(ExecuteDrop(execution, s));
  }
  Result<ResultSet> operator()(const UndropStatement& s) const {
    return AsDdl(ExecuteUndrop(execution, s));
  }
  Result<ResultSet> operator()(const AlterStatement& s) const {
    return AsDdl(ExecuteAlter(execution, s));
  }
  Result<ResultSet> operator()(const InsertStatement& s) const {
    return ExecuteInsert(execution, s);
  }
  Result<ResultSet> operator()(const UpdateStatement& s) const {
    return ExecuteUpdate(execution, s);
  }
  Result<ResultSet> operator()(const DeleteStatement& s) const {
    return ExecuteDelete(execution, s);
  }
  Result<ResultSet> operator()(const TruncateStatement& s) const {
    return AsDdl(ExecuteTruncate(execution, s));
  }
  Result<ResultSet> operator()(const UseStatement& s) const { return ExecuteUse(execution, s); }
  Result<ResultSet> operator()(const AlterSessionStatement& s) const {
    return ExecuteAlterSession(execution, s);
  }
  Result<ResultSet> operator()(const ShowStatement& s) const { return ExecuteShow(execution, s); }
  Result<ResultSet> operator()(const DescribeStatement& s) const {
    return ExecuteDescribe(execution, s);
  }
  Result<ResultSet> operator()(const GrantStatement& s) const {
    return AsDdl(ExecuteGrant(execution, s));
  }
  Result<ResultSet> operator()(const CopyIntoTableStatement& s) const {
    return ExecuteCopyIntoTable(execution, s);
  }
  Result<ResultSet> operator()(const CopyIntoLocationStatement& s) const {
    return ExecuteCopyIntoLocation(execution, s);
  }
  Result<ResultSet> operator()(const PutStatement& s) const { return ExecutePut(execution, s); }
  Result<ResultSet> operator()(const GetStatement& s) const { return ExecuteGet(execution, s); }
  Result<ResultSet> operator()(const ListStatement& s) const { return ExecuteList(execution, s); }
  Result<ResultSet> operator()(const RemoveStatement& s) const {
    return ExecuteRemove(execution, s);
  }
};

struct TypeNames {
  static std::string WithKind(const char* verb, ObjectKind kind) {
    std::string text = std::string(verb) + "_" + ToString(kind);
    for (char& letter : text) letter = letter == ' ' ? '_' : letter;
    return text;
  }
  std::string operator()(const SelectStatement&) const { return "SELECT"; }
  std::string operator()(const CreateStatement& s) const {
    if (s.kind == ObjectKind::kTable && s.query) return "CREATE_TABLE_AS_SELECT";
    return WithKind("CREATE", s.kind);
  }
  std::string operator()(const DropStatement& s) const { return WithKind("DROP", s.kind); }
  std::string operator()(const UndropStatement& s) const { return WithKind("RESTORE", s.kind); }
  std::string operator()(const AlterStatement& s) const { return WithKind("ALTER", s.kind); }
  std::string operator()(const InsertStatement&) const { return "INSERT"; }
  std::string operator()(const UpdateStatement&) const { return "UPDATE"; }
  std::string operator()(const DeleteStatement&) const { return "DELETE"; }
  std::string operator()(const TruncateStatement&) const { return "TRUNCATE_TABLE"; }
  std::string operator()(const UseStatement&) const { return "USE"; }
  std::string operator()(const AlterSessionStatement&) const { return "ALTER_SESSION"; }
  std::string operator()(const ShowStatement&) const { return "SHOW"; }
  std::string operator()(const DescribeStatement&) const { return "DESCRIBE"; }
  std::string operator()(const GrantStatement& s) const {
    return s.verb == GrantStatement::Verb::kGrant ? "GRANT" : "REVOKE";
  }
  std::string operator()(const CopyIntoTableStatement&) const { return "COPY"; }
  std::string operator()(const CopyIntoLocationStatement&) const { return "UNLOAD"; }
  std::string operator()(const PutStatement&) const { return "PUT_FILES"; }
  std::string operator()(const GetStatement&) const { return "GET_FILES"; }
  std::string operator()(const ListStatement&) const { return "LIST_FILES"; }
  std::string operator()(const RemoveStatement&) const { return "REMOVE_FILES"; }
};

}  // namespace

Result<ResultSet> Execute(const Execution& execution, const Statement& statement) {
  return std::visit(Dispatch{execution}, statement.body);
}

std::string QueryType(const Statement& statement) {
  return std::visit(TypeNames{}, statement.body);
}

}  // namespace dbstow::doubles::snowflake
