#pragma once

#include <map>
#include <string>
#include <vector>

#include "doubles/sqlserver/exec/response.h"
#include "doubles/sqlserver/model/sqlite.h"
#include "doubles/sqlserver/sql/ast.h"

namespace dbstow::doubles::sqlserver {

struct TypedValue {
  SqlType type;
  Value value;
};

/// Something to select from, as SQLite has it: column i is called `c<i>`.
struct SourceTable {
  std::string store_name;
  std::vector<Column> columns;
};

/// What a query needs to know of the session it runs in.
class QueryScope {
 public:
  virtual ~QueryScope() = default;
  /// Errors: 208 when there is none, 229 without the right to read it.
  [[nodiscard]] virtual SqlResult<SourceTable> Resolve(const ObjectName& name,
                                                       const std::vector<TypedValue>& arguments,
                                                       bool is_function) = 0;
  /// Errors: 137.
  [[nodiscard]] virtual SqlResult<TypedValue> Variable(const std::string& name) = 0;
  /// @@name. Errors: 137 when there is none.
  [[nodiscard]] virtual SqlResult<TypedValue> Global(const std::string& name) = 0;
  [[nodiscard]] virtual Sqlite& store() = 0;
};

struct CompiledQuery {
  std::string sql;
  Row bindings;
  std::vector<Column> columns;
  std::vector<std::string> variables;  ///< SELECT @v = …: by column; empty names otherwise
};

/// Turns a query into SQLite's SQL, with the server's types, conversions and name rules. One per
/// statement.
class QueryCompiler {
 public:
  explicit QueryCompiler(QueryScope& scope) : scope_(scope) {}

  [[nodiscard]] SqlResult<CompiledQuery> Compile(const Select& select);

  /// A value without a FROM, evaluated now.
  [[nodiscard]] SqlResult<TypedValue> Evaluate(const Expr& expr);
  [[nodiscard]] SqlResult<bool> Test(const Expr& condition);

  /// SELECT rid, columns…, expressions… FROM one table: what UPDATE and DELETE begin with.
  [[nodiscard]] SqlResult<CompiledQuery> CompileRows(const SourceTable& table,
                                                     const std::string& name,
                                                     const std::vector<const Expr*>& values,
                                                     const Expr* where);

 private:
  struct Fragment {
    std::string sql;
    SqlType type;
    bool is_null_literal = false;
  };
  struct BoundSource {
    std::string alias;  ///< as the query calls it
    std::string sql;    ///< as SQLite does
    std::vector<Column> columns;
  };
  using Sources = std::vector<BoundSource>;

  [[nodiscard]] SqlResult<std::string> Block(const Select& select, std::vector<Column>& columns,
                                             std::vector<std::string>* variables);
  [[nodiscard]] SqlResult<std::string> Chain(const Select& select, std::vector<Column>& columns,
                                             std::vector<std::string>* variables);
  [[nodiscard]] SqlResult<std::string> From(const Select& select);
  [[nodiscard]] SqlResult<std::string> Source(const TableSource& source);
  [[nodiscard]] SqlResult<std::string> Items(const Select& select, std::vector<Column>& columns,
                                             std::vector<std::string>* variables);
  void ExpandStar(const SelectItem& item, std::string& list, std::vector<Column>& columns);
  [[nodiscard]] SqlResult<std::string> Tail(const Select& select,
                                            const std::vector<Column>& columns);
  [[nodiscard]] SqlResult<std::string> OrderBy(const Select& select,
                                               const std::vector<Column>& columns);

  // query_expressions.cc
  [[nodiscard]] SqlResult<Fragment> Scalar(const Expr& expr);
  [[nodiscard]] SqlResult<std::string> Condition(const Expr& expr);
  [[nodiscard]] SqlResult<Fragment> ColumnOf(const Expr& expr);
  [[nodiscard]] SqlResult<Fragment> Binary(const Expr& expr);
  [[nodiscard]] SqlResult<Fragment> Case(const Expr& expr);
  [[nodiscard]] SqlResult<Fragment> Cast(const Expr& expr);
  [[nodiscard]] SqlResult<Fragment> Call(const Expr& expr);
  [[nodiscard]] SqlResult<Fragment> Aggregate(const Expr& expr);
  [[nodiscard]] SqlResult<Fragment> FirstOf(const Expr& expr);
  [[nodiscard]] SqlResult<Fragment> Subquery(const Expr& expr);
  [[nodiscard]] SqlResult<std::string> Compare(const std::string& op, Fragment left,
                                               Fragment right);
  [[nodiscard]] SqlResult<std::string> In(const Expr& expr);
  [[nodiscard]] std::string Bind(Value value);
  [[nodiscard]] std::string Converted(const Fragment& fragment, const SqlType& to);

  QueryScope& scope_;
  Row bindings_;
  std::vector<Sources> sources_;  ///< innermost query last
};

/// The type that two values meet in: the one of higher precedence, wide enough for both.
[[nodiscard]] SqlType CommonType(const SqlType& a, const SqlType& b);

}  // namespace dbstow::doubles::sqlserver
