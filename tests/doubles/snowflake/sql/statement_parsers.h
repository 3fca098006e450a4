#pragma once

#include "doubles/snowflake/sql/query_parser.h"

namespace dbstow::doubles::snowflake {

/// Each begins after the word that named the statement (CREATE, ALTER, …) and ends before `;`.
[[nodiscard]] Result<CreateStatement> ParseCreate(QueryParser& parser);
[[nodiscard]] Result<DropStatement> ParseDrop(QueryParser& parser);
[[nodiscard]] Result<UndropStatement> ParseUndrop(QueryParser& parser);
[[nodiscard]] Result<StatementBody> ParseAlter(QueryParser& parser);
[[nodiscard]] Result<InsertStatement> ParseInsert(QueryParser& parser);
[[nodiscard]] Result<UpdateStatement> ParseUpdate(QueryParser& parser);
[[nodiscard]] Result<DeleteStatement> ParseDelete(QueryParser& parser);
[[nodiscard]] Result<TruncateStatement> ParseTruncate(QueryParser& parser);
[[nodiscard]] Result<UseStatement> ParseUse(QueryParser& parser);
[[nodiscard]] Result<ShowStatement> ParseShow(QueryParser& parser);
[[nodiscard]] Result<DescribeStatement> ParseDescribe(QueryParser& parser);
[[nodiscard]] Result<GrantStatement> ParseGrant(QueryParser& parser, GrantStatement::Verb verb);
[[nodiscard]] Result<StatementBody> ParseCopy(QueryParser& parser);
[[nodiscard]] Result<PutStatement> ParsePut(QueryParser& parser);
[[nodiscard]] Result<GetStatement> ParseGet(QueryParser& parser);

/// "DATABASE", "FILE FORMAT", …, taken when one comes; 000002 for kinds this double has not.
[[nodiscard]] Result<ObjectKind> ParseObjectKind(TokenCursor& cursor);
/// How many name parts an object of this kind may have.
[[nodiscard]] size_t MostNameParts(ObjectKind kind);
/// `name type [NOT NULL] [DEFAULT …] …`.
[[nodiscard]] Result<ColumnDefinition> ParseColumn(QueryParser& parser);
/// The option list of a CREATE or of ALTER … SET for that kind.
[[nodiscard]] Result<Properties> ParseObjectProperties(TokenCursor& cursor, ObjectKind kind);

}  // namespace dbstow::doubles::snowflake
