#include "doubles/snowflake/sql/sql_error.h"
#include "doubles/snowflake/sql/statement_parsers.h"

namespace dbstow::doubles::snowflake {
namespace {

Result<void> ParseModifiers(TokenCursor& cursor, CreateStatement& create) {
  create.or_replace = cursor.TakeWords({"OR", "REPLACE"});
  cursor.TakeWord("LOCAL");
  if (cursor.TakeWord("TRANSIENT")) create.transient = true;
  if (cursor.TakeWord("TEMPORARY") || cursor.TakeWord("TEMP")) create.temporary = true;
  return {};
}

Result<CloneSource> ParseClone(QueryParser& parser, ObjectKind kind) {
  TokenCursor& cursor = parser.cursor();
  CloneSource source;
  DBSTOW_ASSIGN(source.name, cursor.ExpectName(MostNameParts(kind)));
  DBSTOW_ASSIGN(source.time, parser.ParseTimePoint());
  const bool container = kind == ObjectKind::kDatabase || kind == ObjectKind::kSchema;
  while (container) {
    if (cursor.TakeWords({"IGNORE", "TABLES", "WITH", "INSUFFICIENT", "DATA", "RETENTION"})) {
      source.ignore_insufficient_retention = true;
    } else if (cursor.TakeWords({"INCLUDE", "INTERNAL", "STAGES"})) {
      source.include_internal_stages = true;
    } else if (!cursor.TakeWords({"IGNORE", "HYBRID", "TABLES"})) {
      break;
    }
  }
  return source;
}

Result<void> ParseTableBody(QueryParser& parser, CreateStatement& create) {
  TokenCursor& cursor = parser.cursor();
  DBSTOW_TRY(cursor.ExpectSymbol("("));
  do {
    if (cursor.IsWord("CONSTRAINT") || cursor.IsWord("FOREIGN") || cursor.IsWord("UNIQUE")) {
      return Unsupported("table constraint");
    }
    if (cursor.TakeWords({"PRIMARY", "KEY"})) {
      DBSTOW_ASSIGN(create.primary_key, cursor.ExpectIdentifierList());
      continue;
    }
    DBSTOW_ASSIGN(ColumnDefinition column, ParseColumn(parser));
    create.columns.push_back(std::move(column));
  } while (cursor.TakeSymbol(","));
  return cursor.ExpectSymbol(")");
}

Result<void> ParseQueryText(QueryParser& parser, CreateStatement& create) {
  TokenCursor& cursor = parser.cursor();
  if (!parser.AtSelect()) return cursor.Unexpected();
  const char* const begin = cursor.Peek().source.data();
  DBSTOW_ASSIGN(create.query, parser.ParseSelect());
  create.query_text = std::string(begin, cursor.Peek().source.data());
  return {};
}

Result<void> ParseTableTail(QueryParser& parser, CreateStatement& create) {
  TokenCursor& cursor = parser.cursor();
  if (cursor.IsSymbol("(")) DBSTOW_TRY(ParseTableBody(parser, create));
  if (cursor.TakeWord("LIKE")) {
    if (!create.columns.empty()) return cursor.Unexpected();
    DBSTOW_ASSIGN(create.like, cursor.ExpectName());
  }
  if (create.columns.empty() && cursor.TakeWord("CLONE")) {
    DBSTOW_ASSIGN(create.clone, ParseClone(parser, ObjectKind::kTable));
  }
  if (cursor.IsWord("CLUSTER")) return Unsupported("CLUSTER BY");
  if (cursor.IsWord("FROM")) return Unsupported("FROM BACKUP SET");
  DBSTOW_ASSIGN(create.properties, ParseObjectProperties(cursor, create.kind));
  if (cursor.TakeWords({"COPY", "GRANTS"})) create.copy_grants = true;
  if (create.properties.empty()) {
    DBSTOW_ASSIGN(create.properties, ParseObjectProperties(cursor, create.kind));
  }
  if (!create.clone && !create.like && cursor.TakeWord("AS")) {
    if (!parser.AtSelect()) return cursor.Unexpected();
    DBSTOW_ASSIGN(create.query, parser.ParseSelect());
  }
  if (create.columns.empty() && !create.clone && !create.like && !create.query) {
    return cursor.Unexpected();
  }
  return {};
}

Result<void> ParseViewTail(QueryParser& parser, CreateStatement& create) {
  TokenCursor& cursor = parser.cursor();
  if (cursor.IsSymbol("(")) return Unsupported("a column list of a view");
  if (cursor.TakeWords({"COPY", "GRANTS"})) create.copy_grants = true;
  DBSTOW_ASSIGN(create.properties, ParseObjectProperties(cursor, create.kind));
  DBSTOW_TRY(cursor.ExpectWord("AS"));
  return ParseQueryText(parser, create);
}

Result<void> ParseSequenceTail(TokenCursor& cursor, CreateStatement& create) {
  cursor.TakeWord("WITH");
  const auto number = [&](std::string_view word, std::string_view filler) -> Result<void> {
    if (!cursor.TakeWord(word)) return {};
    if (!cursor.TakeWord(filler)) cursor.TakeSymbol("=");
    const bool negative = cursor.TakeSymbol("-");
    DBSTOW_ASSIGN(const int64_t value, cursor.ExpectInteger());
    create.properties.push_back(
        Property{std::string(word), std::to_string(negative ? -value : value), false, {}, {}});
    return {};
  };
  DBSTOW_TRY(number("START", "WITH"));
  DBSTOW_TRY(number("INCREMENT", "BY"));
  if (cursor.TakeWord("ORDER") || cursor.TakeWord("NOORDER")) return {};
  DBSTOW_ASSIGN(const Properties comment, cursor.ReadProperties({"COMMENT"}));
  create.properties.insert(create.properties.end(), comment.begin(), comment.end());
  return {};
}

Result<void> ParseOtherTail(QueryParser& parser, CreateStatement& create) {
  TokenCursor& cursor = parser.cursor();
  const bool cloneable =
      create.kind == ObjectKind::kDatabase || create.kind == ObjectKind::kSchema ||
      create.kind == ObjectKind::kSequence || create.kind == ObjectKind::kStage ||
      create.kind == ObjectKind::kFileFormat;
  if (cloneable && cursor.TakeWord("CLONE")) {
    DBSTOW_ASSIGN(create.clone, ParseClone(parser, create.kind));
  }
  if (cursor.IsWord("FROM")) return Unsupported("FROM BACKUP SET");
  if (create.kind == ObjectKind::kSequence && !create.clone)
    return ParseSequenceTail(cursor, create);
  cursor.TakeWord("WITH");
  if (create.kind == ObjectKind::kSchema && cursor.TakeWords({"MANAGED", "ACCESS"})) {
    create.managed_access = true;
  }
  DBSTOW_ASSIGN(create.properties, ParseObjectProperties(cursor, create.kind));
  return {};
}

Result<StatementBody> ParseAlterSession(TokenCursor& cursor) {
  AlterSessionStatement alter;
  if (cursor.TakeWord("SET")) {
    do {
      Property property;
      DBSTOW_ASSIGN(property.key, cursor.ExpectAnyWord());
      DBSTOW_TRY(cursor.ExpectSymbol("="));
      const Token& token = cursor.Peek();
      if (token.kind != TokenKind::kString && token.kind != TokenKind::kNumber &&
          token.kind != TokenKind::kWord) {
        return cursor.Unexpected();
      }
      property.quoted = token.kind == TokenKind::kString;
      property.text = cursor.Next().text;
      alter.set.push_back(std::move(property));
      cursor.TakeSymbol(",");
    } while (!cursor.AtEnd());
    return StatementBody(std::move(alter));
  }
  DBSTOW_TRY(cursor.ExpectWord("UNSET"));
  do {
    DBSTOW_ASSIGN(std::string key, cursor.ExpectAnyWord());
    alter.unset.push_back(std::move(key));
  } while (cursor.TakeSymbol(","));
  return StatementBody(std::move(alter));
}

Result<void> ParseAlterColumns(QueryParser& parser, AlterStatement& alter) {
  TokenCursor& cursor = parser.cursor();
  if (cursor.TakeWord("ADD")) {
    alter.action = AlterStatement::Action::kAddColumn;
    cursor.TakeWord("COLUMN");
    do {
      DBSTOW_ASSIGN(ColumnDefinition column, ParseColumn(parser));
      alter.columns.push_back(std::move(column));
    } while (cursor.TakeSymbol(","));
    return {};
  }
  if (cursor.TakeWord("DROP")) {
    alter.action = AlterStatement::Action::kDropColumn;
    cursor.TakeWord("COLUMN");
    do {
      DBSTOW_ASSIGN(std::string name, cursor.ExpectIdentifier());
      alter.column_names.push_back(std::move(name));
    } while (cursor.TakeSymbol(","));
    return {};
  }
  if (cursor.TakeWords({"RENAME", "COLUMN"})) {
    alter.action = AlterStatement::Action::kRenameColumn;
    DBSTOW_ASSIGN(std::string from, cursor.ExpectIdentifier());
    DBSTOW_TRY(cursor.ExpectWord("TO"));
    DBSTOW_ASSIGN(std::string to, cursor.ExpectIdentifier());
    alter.column_names = {std::move(from), std::move(to)};
    return {};
  }
  return cursor.Unexpected();
}

Result<void> ParseAlterAction(QueryParser& parser, AlterStatement& alter) {
  TokenCursor& cursor = parser.cursor();
  const bool swappable = alter.kind == ObjectKind::kTable || alter.kind == ObjectKind::kSchema ||
                         alter.kind == ObjectKind::kDatabase;
  if (alter.kind != ObjectKind::kAccount && cursor.TakeWords({"RENAME", "TO"})) {
    alter.action = AlterStatement::Action::kRename;
    DBSTOW_ASSIGN(alter.other, cursor.ExpectName(MostNameParts(alter.kind)));
    return {};
  }
  if (swappable && cursor.TakeWords({"SWAP", "WITH"})) {
    alter.action = AlterStatement::Action::kSwap;
    DBSTOW_ASSIGN(alter.other, cursor.ExpectName(MostNameParts(alter.kind)));
    return {};
  }
  if (cursor.TakeWord("SET")) {
    alter.action = AlterStatement::Action::kSet;
    DBSTOW_ASSIGN(alter.properties, ParseObjectProperties(cursor, alter.kind));
    return alter.properties.empty() ? Result<void>(cursor.Unexpected()) : Result<void>();
  }
  if (cursor.TakeWord("UNSET")) {
    alter.action = AlterStatement::Action::kUnset;
    do {
      DBSTOW_ASSIGN(std::string key, cursor.ExpectAnyWord());
      alter.properties.push_back(Property{std::move(key), "", false, {}, {}});
    } while (cursor.TakeSymbol(","));
    return {};
  }
  if (alter.kind == ObjectKind::kWarehouse && cursor.TakeWord("SUSPEND")) {
    alter.action = AlterStatement::Action::kSuspend;
    return {};
  }
  if (alter.kind == ObjectKind::kWarehouse && cursor.TakeWord("RESUME")) {
    alter.action = AlterStatement::Action::kResume;
    cursor.TakeWords({"IF", "SUSPENDED"});
    return {};
  }
  if (alter.kind == ObjectKind::kTable) return ParseAlterColumns(parser, alter);
  return cursor.Unexpected();
}

}  // namespace

Result<CreateStatement> ParseCreate(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  CreateStatement create;
  DBSTOW_TRY(ParseModifiers(cursor, create));
  DBSTOW_ASSIGN(create.kind, ParseObjectKind(cursor));
  create.if_not_exists = cursor.TakeWords({"IF", "NOT", "EXISTS"});
  if (create.if_not_exists && create.or_replace) return cursor.Unexpected();
  const bool can_be_transient = create.kind == ObjectKind::kDatabase ||
                                create.kind == ObjectKind::kSchema ||
                                create.kind == ObjectKind::kTable;
  const bool can_be_temporary =
      create.kind == ObjectKind::kTable || create.kind == ObjectKind::kStage;
  if ((create.transient && !can_be_transient) || (create.temporary && !can_be_temporary)) {
    return cursor.Unexpected();
  }
  DBSTOW_ASSIGN(create.name, cursor.ExpectName(MostNameParts(create.kind)));
  if (create.kind == ObjectKind::kTable) {
    DBSTOW_TRY(ParseTableTail(parser, create));
  } else if (create.kind == ObjectKind::kView) {
    DBSTOW_TRY(ParseViewTail(parser, create));
  } else {
    DBSTOW_TRY(ParseOtherTail(parser, create));
  }
  return create;
}

Result<DropStatement> ParseDrop(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  DropStatement drop;
  DBSTOW_ASSIGN(drop.kind, ParseObjectKind(cursor));
  drop.if_exists = cursor.TakeWords({"IF", "EXISTS"});
  DBSTOW_ASSIGN(drop.name, cursor.ExpectName(MostNameParts(drop.kind)));
  if (!cursor.TakeWord("CASCADE") && cursor.IsWord("RESTRICT")) return Unsupported("RESTRICT");
  return drop;
}

Result<UndropStatement> ParseUndrop(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  UndropStatement undrop;
  DBSTOW_ASSIGN(undrop.kind, ParseObjectKind(cursor));
  if (undrop.kind != ObjectKind::kTable && undrop.kind != ObjectKind::kSchema &&
      undrop.kind != ObjectKind::kDatabase) {
    return cursor.Unexpected();
  }
  if (cursor.IsWord("IDENTIFIER") && cursor.IsSymbol("(", 1) &&
      cursor.Peek(2).kind == TokenKind::kNumber) {
    cursor.Next();
    cursor.Next();
    DBSTOW_ASSIGN(undrop.id, cursor.ExpectInteger());
    DBSTOW_TRY(cursor.ExpectSymbol(")"));
    return undrop;
  }
  DBSTOW_ASSIGN(undrop.name, cursor.ExpectName(MostNameParts(undrop.kind)));
  return undrop;
}

Result<StatementBody> ParseAlter(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  if (cursor.TakeWord("SESSION")) return ParseAlterSession(cursor);
  AlterStatement alter;
  if (cursor.TakeWord("ACCOUNT")) {
    alter.kind = ObjectKind::kAccount;
  } else {
    DBSTOW_ASSIGN(alter.kind, ParseObjectKind(cursor));
    alter.if_exists = cursor.TakeWords({"IF", "EXISTS"});
    DBSTOW_ASSIGN(alter.name, cursor.ExpectName(MostNameParts(alter.kind)));
  }
  DBSTOW_TRY(ParseAlterAction(parser, alter));
  return StatementBody(std::move(alter));
}

}  // namespace dbstow::doubles::snowflake
