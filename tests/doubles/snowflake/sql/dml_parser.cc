#include "doubles/snowflake/sql/sql_error.h"
#include "doubles/snowflake/sql/statement_parsers.h"

namespace dbstow::doubles::snowflake {
namespace {

Result<Expressions> ParseInsertRow(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  Expressions row;
  DBSTOW_TRY(cursor.ExpectSymbol("("));
  do {
    // DEFAULT stands for the column's default; no column can have that name unquoted here.
    DBSTOW_ASSIGN(Expression value, parser.ParseExpression());
    row.push_back(std::move(value));
  } while (cursor.TakeSymbol(","));
  DBSTOW_TRY(cursor.ExpectSymbol(")"));
  return row;
}

}  // namespace

Result<InsertStatement> ParseInsert(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  InsertStatement insert;
  insert.overwrite = cursor.TakeWord("OVERWRITE");
  if (cursor.IsWord("ALL") || cursor.IsWord("FIRST")) return Unsupported("multi-table INSERT");
  DBSTOW_TRY(cursor.ExpectWord("INTO"));
  DBSTOW_ASSIGN(insert.table, cursor.ExpectName());
  if (cursor.IsSymbol("(") && !cursor.IsWord("SELECT", 1)) {
    DBSTOW_ASSIGN(insert.columns, cursor.ExpectIdentifierList());
  }
  if (parser.AtSelect()) {
    DBSTOW_ASSIGN(insert.query, parser.ParseSelect());
    return insert;
  }
  DBSTOW_TRY(cursor.ExpectWord("VALUES"));
  do {
    DBSTOW_ASSIGN(Expressions row, ParseInsertRow(parser));
    insert.rows.push_back(std::move(row));
  } while (cursor.TakeSymbol(","));
  return insert;
}

Result<UpdateStatement> ParseUpdate(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  UpdateStatement update;
  DBSTOW_ASSIGN(update.table, cursor.ExpectName());
  DBSTOW_TRY(cursor.ExpectWord("SET"));
  do {
    DBSTOW_ASSIGN(std::string column, cursor.ExpectIdentifier());
    DBSTOW_TRY(cursor.ExpectSymbol("="));
    DBSTOW_ASSIGN(Expression value, parser.ParseExpression());
    update.assignments.emplace_back(std::move(column), std::move(value));
  } while (cursor.TakeSymbol(","));
  if (cursor.IsWord("FROM")) return Unsupported("UPDATE … FROM");
  if (cursor.TakeWord("WHERE")) {
    DBSTOW_ASSIGN(update.where, parser.ParseExpression());
  }
  return update;
}

Result<DeleteStatement> ParseDelete(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  DeleteStatement erase;
  DBSTOW_TRY(cursor.ExpectWord("FROM"));
  DBSTOW_ASSIGN(erase.table, cursor.ExpectName());
  if (cursor.IsWord("USING")) return Unsupported("DELETE … USING");
  if (cursor.TakeWord("WHERE")) {
    DBSTOW_ASSIGN(erase.where, parser.ParseExpression());
  }
  return erase;
}

Result<TruncateStatement> ParseTruncate(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  TruncateStatement truncate;
  cursor.TakeWord("TABLE");
  truncate.if_exists = cursor.TakeWords({"IF", "EXISTS"});
  DBSTOW_ASSIGN(truncate.table, cursor.ExpectName());
  return truncate;
}

Result<UseStatement> ParseUse(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  UseStatement use;
  size_t parts = 1;
  if (cursor.TakeWords({"SECONDARY", "ROLES"})) {
    use.what = UseStatement::What::kSecondaryRoles;
    use.all = cursor.TakeWord("ALL");
    if (!use.all) DBSTOW_TRY(cursor.ExpectWord("NONE"));
    return use;
  }
  if (cursor.TakeWord("DATABASE")) {
    use.what = UseStatement::What::kDatabase;
  } else if (cursor.TakeWord("SCHEMA")) {
    use.what = UseStatement::What::kSchema;
    parts = 2;
  } else if (cursor.TakeWord("ROLE")) {
    use.what = UseStatement::What::kRole;
  } else if (cursor.TakeWord("WAREHOUSE")) {
    use.what = UseStatement::What::kWarehouse;
  } else {
    use.what = UseStatement::What::kDatabaseOrSchema;
    parts = 2;
  }
  DBSTOW_ASSIGN(use.name, cursor.ExpectName(parts));
  return use;
}

Result<StatementBody> ParseCopy(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  DBSTOW_TRY(cursor.ExpectWord("INTO"));
  if (cursor.Peek().kind == TokenKind::kString && !cursor.AtStage()) {
    return Unsupported("COPY INTO an external location");
  }
  if (cursor.AtStage()) {
    CopyIntoLocationStatement copy;
    DBSTOW_ASSIGN(copy.stage, cursor.ExpectStage());
    DBSTOW_TRY(cursor.ExpectWord("FROM"));
    if (cursor.IsSymbol("(")) {
      DBSTOW_ASSIGN(copy.query, parser.ParseSelect());
    } else {
      DBSTOW_ASSIGN(copy.table, cursor.ExpectName());
    }
    if (cursor.IsWord("PARTITION")) return Unsupported("PARTITION BY");
    if (cursor.TakeWord("HEADER") || false) {
      DBSTOW_TRY(cursor.ExpectSymbol("="));
      DBSTOW_ASSIGN(std::string value, cursor.ExpectAnyWord());
      copy.options.push_back(Property{"HEADER", std::move(value), false, {}, {}});
    }
    DBSTOW_ASSIGN(const Properties options,
                  cursor.ReadProperties({"FILE_FORMAT", "OVERWRITE", "SINGLE", "MAX_FILE_SIZE",
                                         "INCLUDE_QUERY_ID", "DETAILED_OUTPUT", "HEADER"}));
    copy.options.insert(copy.options.end(), options.begin(), options.end());
    return StatementBody(std::move(copy));
  }
  CopyIntoTableStatement copy;
  DBSTOW_ASSIGN(copy.table, cursor.ExpectName());
  if (cursor.IsSymbol("(")) {
    DBSTOW_ASSIGN(copy.columns, cursor.ExpectIdentifierList());
  }
  DBSTOW_TRY(cursor.ExpectWord("FROM"));
  if (cursor.IsSymbol("(")) {
    DBSTOW_ASSIGN(copy.query, parser.ParseSelect());
    if (!copy.query->from || copy.query->from->kind != TableReference::Kind::kStage) {
      return cursor.Unexpected();
    }
    copy.stage = copy.query->from->stage;
  } else if (cursor.Peek().kind == TokenKind::kString && !cursor.AtStage()) {
    return Unsupported("COPY INTO from an external location");
  } else {
    DBSTOW_ASSIGN(copy.stage, cursor.ExpectStage());
  }
  DBSTOW_ASSIGN(copy.options,
                cursor.ReadProperties({"FILE_FORMAT", "FILES", "PATTERN", "ON_ERROR", "FORCE",
                                       "PURGE", "MATCH_BY_COLUMN_NAME", "VALIDATION_MODE"}));
  return StatementBody(std::move(copy));
}

Result<PutStatement> ParsePut(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  PutStatement put;
  const Token& token = cursor.Peek();
  if ((token.kind != TokenKind::kFile && token.kind != TokenKind::kString) ||
      !token.text.starts_with("file://")) {
    return cursor.Unexpected();
  }
  put.local = cursor.Next().text.substr(7);
  DBSTOW_ASSIGN(put.stage, cursor.ExpectStage());
  DBSTOW_ASSIGN(put.options, cursor.ReadProperties(
                                 {"PARALLEL", "AUTO_COMPRESS", "SOURCE_COMPRESSION", "OVERWRITE"}));
  return put;
}

Result<GetStatement> ParseGet(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  GetStatement get;
  DBSTOW_ASSIGN(get.stage, cursor.ExpectStage());
  const Token& token = cursor.Peek();
  if ((token.kind != TokenKind::kFile && token.kind != TokenKind::kString) ||
      !token.text.starts_with("file://")) {
    return cursor.Unexpected();
  }
  get.local = cursor.Next().text.substr(7);
  DBSTOW_ASSIGN(get.options, cursor.ReadProperties({"PARALLEL", "PATTERN"}));
  return get;
}

}  // namespace dbstow::doubles::snowflake
