#include "doubles/sqlserver/sql/parser.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {

SqlResult<Statement> Parser::Insert() {
  Take();
  SkipWord("INTO");
  InsertStatement insert;
  DBSTOW_ASSIGN(insert.table, QualifiedName());
  DBSTOW_TRY(TableHints());
  if (IsSymbol("(") && !IsWord("SELECT", 1)) {
    Take();
    do {
      DBSTOW_ASSIGN(std::string column, Identifier());
      insert.columns.push_back(std::move(column));
    } while (SkipSymbol(","));
    DBSTOW_TRY(ExpectSymbol(")"));
  }
  if (IsWord("OUTPUT")) return NotSupported("INSERT … OUTPUT");
  if (IsWord("EXEC") || IsWord("EXECUTE")) return NotSupported("INSERT … EXEC");
  if (SkipWords({"DEFAULT", "VALUES"})) {
    insert.rows.emplace_back();
    return Statement{0, std::move(insert)};
  }
  if (!SkipWord("VALUES")) {
    DBSTOW_ASSIGN(insert.select, Query());
    return Statement{0, std::move(insert)};
  }
  do {
    DBSTOW_TRY(ExpectSymbol("("));
    std::vector<ExprPtr> row;
    do {
      DBSTOW_ASSIGN(ExprPtr value, Expression());
      row.push_back(std::move(value));
    } while (SkipSymbol(","));
    DBSTOW_TRY(ExpectSymbol(")"));
    insert.rows.push_back(std::move(row));
  } while (SkipSymbol(","));
  if (insert.rows.size() > 1000) {
    return SqlError{10738, 15,
                    "The number of row value expressions in the INSERT statement exceeds the "
                    "maximum allowed number of 1000 row values.",
                    1, Now().line};
  }
  return Statement{0, std::move(insert)};
}

SqlResult<Statement> Parser::Update() {
  Take();
  UpdateStatement update;
  DBSTOW_ASSIGN(update.table, QualifiedName());
  DBSTOW_TRY(TableHints());
  DBSTOW_TRY(ExpectWord("SET"));
  do {
    DBSTOW_ASSIGN(std::string column, Identifier());
    const bool adds = IsSymbol("+=");
    const bool subtracts = IsSymbol("-=");
    if (adds || subtracts) {
      Take();
    } else {
      DBSTOW_TRY(ExpectSymbol("="));
    }
    DBSTOW_ASSIGN(ExprPtr value, Expression());
    if (adds || subtracts) {
      ExprPtr sum = Make(ExprKind::kBinary);
      sum->name = adds ? "+" : "-";
      ExprPtr old = Make(ExprKind::kColumn);
      old->path = {column};
      sum->operands.push_back(std::move(old));
      sum->operands.push_back(std::move(value));
      value = std::move(sum);
    }
    update.sets.emplace_back(std::move(column), std::move(value));
  } while (SkipSymbol(","));
  if (IsWord("FROM") || IsWord("OUTPUT")) return NotSupported("UPDATE … FROM");
  if (SkipWord("WHERE")) {
    DBSTOW_ASSIGN(update.where, Condition());
  }
  return Statement{0, std::move(update)};
}

SqlResult<Statement> Parser::Delete() {
  DeleteStatement remove;
  remove.truncates = IsWord("TRUNCATE");
  Take();
  if (remove.truncates) {
    DBSTOW_TRY(ExpectWord("TABLE"));
  } else {
    SkipWord("FROM");
  }
  DBSTOW_ASSIGN(remove.table, QualifiedName());
  if (!remove.truncates) {
    DBSTOW_TRY(TableHints());
    if (IsWord("FROM") || IsWord("OUTPUT")) return NotSupported("DELETE … FROM");
    if (SkipWord("WHERE")) {
      DBSTOW_ASSIGN(remove.where, Condition());
    }
  }
  return Statement{0, std::move(remove)};
}

SqlResult<Statement> Parser::CreateTable() {
  CreateTableStatement table;
  DBSTOW_ASSIGN(table.table, QualifiedName());
  if (table.table.name().starts_with('#')) return NotSupported("CREATE TABLE #temporary");
  DBSTOW_TRY(ExpectSymbol("("));
  do {
    if (IsWord("CONSTRAINT") || IsWord("PRIMARY")) {
      DBSTOW_TRY(TableKey(table));
      continue;
    }
    DBSTOW_ASSIGN(ColumnDefinition column, ColumnOf());
    table.columns.push_back(std::move(column));
  } while (SkipSymbol(","));
  DBSTOW_TRY(ExpectSymbol(")"));
  if (SkipWord("ON")) {
    DBSTOW_ASSIGN(table.file_group, Identifier());
  }
  return Statement{0, std::move(table)};
}

SqlResult<ColumnDefinition> Parser::ColumnOf() {
  ColumnDefinition column;
  DBSTOW_ASSIGN(column.name, Identifier());
  DBSTOW_ASSIGN(column.type, DataType());
  while (true) {
    if (SkipWord("IDENTITY")) {
      column.identity = true;
      column.nullable = false;
      if (SkipSymbol("(")) {
        DBSTOW_ASSIGN(const std::int64_t seed, IntegerLiteral());
        DBSTOW_TRY(ExpectSymbol(","));
        DBSTOW_ASSIGN(const std::int64_t step, IntegerLiteral());
        DBSTOW_TRY(ExpectSymbol(")"));
        if (seed != 1 || step != 1) return NotSupported("IDENTITY other than (1,1)");
      }
    } else if (SkipWords({"NOT", "NULL"})) {
      column.nullable = false;
    } else if (SkipWords({"PRIMARY", "KEY"})) {
      if (!SkipWord("CLUSTERED")) SkipWord("NONCLUSTERED");
      column.key = true;
      column.nullable = false;
    } else if (SkipWord("COLLATE")) {
      DBSTOW_TRY(Identifier());
    } else if (IsWord("DEFAULT") || IsWord("UNIQUE") || IsWord("REFERENCES") || IsWord("CHECK") ||
               IsWord("CONSTRAINT")) {
      return NotSupported(ToUpper(Now().text) + " in a column");
    } else if (!SkipWord("NULL")) {
      return column;
    }
  }
}

SqlResult<void> Parser::TableKey(CreateTableStatement& table) {
  if (SkipWord("CONSTRAINT")) DBSTOW_TRY(Identifier());
  DBSTOW_TRY(ExpectWord("PRIMARY"));
  DBSTOW_TRY(ExpectWord("KEY"));
  if (!SkipWord("CLUSTERED")) SkipWord("NONCLUSTERED");
  DBSTOW_TRY(ExpectSymbol("("));
  do {
    DBSTOW_ASSIGN(const std::string name, Identifier());
    bool found = false;
    for (ColumnDefinition& column : table.columns) {
      if (!SameName(column.name, name)) continue;
      found = true;
      column.key = true;
      column.nullable = false;
    }
    if (!found) {
      return SqlError{1911, 16, "Column name '" + name + "' does not exist in the target table.", 1,
                      Now().line};
    }
  } while (SkipSymbol(","));
  return ExpectSymbol(")");
}

SqlResult<Statement> Parser::Declare() {
  Take();
  DeclareStatement declare;
  do {
    if (Now().kind != TokenKind::kVariable) return Unexpected();
    Declaration variable;
    variable.name = Take().text;
    SkipWord("AS");
    if (IsWord("TABLE")) return NotSupported("DECLARE … TABLE");
    DBSTOW_ASSIGN(variable.type, DataType());
    if (SkipSymbol("=")) {
      DBSTOW_ASSIGN(variable.value, Expression());
    }
    declare.variables.push_back(std::move(variable));
  } while (SkipSymbol(","));
  return Statement{0, std::move(declare)};
}

SqlResult<Statement> Parser::Set() {
  Take();
  if (Now().kind == TokenKind::kVariable) {
    SetVariableStatement set;
    set.name = Take().text;
    DBSTOW_TRY(ExpectSymbol("="));
    DBSTOW_ASSIGN(set.value, Expression());
    return Statement{0, std::move(set)};
  }
  SetOptionStatement set;
  if (SkipWords({"TRANSACTION", "ISOLATION", "LEVEL"})) {
    set.option = "TRANSACTION ISOLATION LEVEL";
    DBSTOW_ASSIGN(set.value, AnyWord());
    if (set.value == "READ" || set.value == "REPEATABLE") {
      DBSTOW_ASSIGN(const std::string second, AnyWord());
      set.value += " " + second;
    }
    return Statement{0, std::move(set)};
  }
  // SET a, b ON, and SET OPTION value; STATISTICS IO and IDENTITY_INSERT table have two words.
  do {
    DBSTOW_ASSIGN(set.option, AnyWord());
    if (set.option == "IDENTITY_INSERT" || set.option == "STATISTICS") {
      return NotSupported("SET " + set.option);
    }
  } while (SkipSymbol(","));
  const bool minus = SkipSymbol("-");
  const Token& token = Now();
  if (token.kind == TokenKind::kSymbol || token.kind == TokenKind::kEnd) return Unexpected();
  set.value = (minus ? "-" : "") + ToUpper(Take().text);
  return Statement{0, std::move(set)};
}

SqlResult<Statement> Parser::Exec() {
  ExecStatement exec;
  if (SkipWord("EXEC") || SkipWord("EXECUTE")) {
    if (SkipSymbol("(")) {
      DBSTOW_ASSIGN(exec.text, Expression());
      DBSTOW_TRY(ExpectSymbol(")"));
      return Statement{0, std::move(exec)};
    }
    if (IsWord("AS")) return NotSupported("EXECUTE AS");
    if (Now().kind == TokenKind::kVariable && IsSymbol("=", 1)) {
      return NotSupported("EXEC @status = …");
    }
  }
  DBSTOW_ASSIGN(exec.procedure, QualifiedName());
  DBSTOW_TRY(ExecArguments(exec));
  return Statement{0, std::move(exec)};
}

SqlResult<void> Parser::ExecArguments(ExecStatement& exec) {
  const auto starts = [this] {
    const TokenKind kind = Now().kind;
    return kind == TokenKind::kVariable || kind == TokenKind::kString ||
           kind == TokenKind::kWideString || kind == TokenKind::kInteger ||
           kind == TokenKind::kBinary || kind == TokenKind::kDecimal || IsWord("NULL") ||
           IsSymbol("-") || kind == TokenKind::kQuotedName;
  };
  if (!starts()) return {};
  do {
    ExecArgument argument;
    if (Now().kind == TokenKind::kVariable && IsSymbol("=", 1)) {
      argument.name = Take().text;
      Take();
    }
    if (!starts()) return Unexpected();
    DBSTOW_ASSIGN(argument.value, Unary());
    argument.output = SkipWord("OUTPUT") || SkipWord("OUT");
    exec.arguments.push_back(std::move(argument));
  } while (SkipSymbol(","));
  return {};
}

}  // namespace dbstow::doubles::sqlserver
